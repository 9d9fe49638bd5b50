"""`uketsuke config`: show and check settings."""

import typer

from terminal.cli.common import ConfigOption, echo, fail, settings_or_exit

app = typer.Typer(help="Show and check settings.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def show() -> None:
    """Print a settings file with all defaults commented out and described.

    Example: uketsuke config show > settings.toml
    """
    from config.reference import listing

    echo(listing())


@app.command()
def check(config: ConfigOption = None) -> None:
    """Check whether the settings are valid.

    Example: uketsuke config check --config settings.toml
    """
    settings = settings_or_exit(config)
    from terminal.staff_password import effective_hash, is_hash

    password = effective_hash(settings)
    if password and not is_hash(password):
        fail(
            "staff.password_hash is not an Argon2 hash and matches no password. "
            "Remove it and run `uketsuke staff password`."
        )
    if not password:
        echo("no staff password: staff functions are disabled. Set one with `uketsuke staff password`.")
    echo(f"valid: profile {settings.profile}, state in {settings.state_dir}, results in {settings.results_dir}")
