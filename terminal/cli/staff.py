"""`uketsuke staff`"""

import sys

import typer

from terminal.cli.common import ConfigOption, fail, settings_or_exit, tell

app = typer.Typer(help="Staff's own access.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def staff() -> None:
    """Staff's own access."""


@app.command()
def password(config: ConfigOption = None) -> None:
    """Set the staff password, or a code of six digits or more for the touch pad. Asked twice, shown never.

    Only its Argon2 hash is kept, in the state folder. A running terminal knows it from its next start. From a script,
    the password is the first line of the standard input.

    Example: uketsuke staff password
    """
    from terminal.staff_password import fault_of, keep

    settings = settings_or_exit(config)
    if settings.staff.password_hash.get_secret_value():
        fail("staff.password_hash is set in the settings and counts before any other. Remove it there, then try again.")
    if sys.stdin.isatty():
        typed = typer.prompt("New staff password", hide_input=True, confirmation_prompt="The same again")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    fault = fault_of(typed)
    if fault is not None:
        fail(f"this password is not taken: {fault}.")
    try:
        path = keep(settings, typed)
    except OSError as error:
        fail(
            f"the hash cannot be kept in {settings.state_dir}: {error.strerror}. Look at the folder's owner and space."
        )
    tell(f"set; its hash is in {path}. A running terminal takes it at its next start.")
