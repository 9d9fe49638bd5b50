"""`uketsuke config`"""

import typer

from terminal.cli.common import ConfigOption, settings_or_exit, tell

app = typer.Typer(help="Settings.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def show() -> None:
    """List every setting with its default and what it means, as a file to start from.

    Example: uketsuke config show > settings.toml
    """
    from config.reference import listing

    tell(listing())


@app.command()
def check(config: ConfigOption = None) -> None:
    """Read the settings and say whether they are in order.

    Example: uketsuke config check --config settings.toml
    """
    settings = settings_or_exit(config)
    tell(f"in order: profile {settings.profile}, state in {settings.state_dir}, results in {settings.results_dir}")
