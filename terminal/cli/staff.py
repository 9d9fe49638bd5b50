"""`uketsuke staff`: manage staff access."""

import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, settings_or_exit

app = typer.Typer(help="Manage staff access.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def staff() -> None:
    """Manage staff access."""


@app.command()
def password(config: ConfigOption = None) -> None:
    """Set the staff password, or a code of at least six digits for the on-screen keypad.

    Prompts for the password twice; in a script, pass it as the first line of standard input. Its Argon2 hash is stored
    in the state folder. Restart running terminals to use it.

    Example: uketsuke staff password
    """
    from terminal.staff_password import password_problem, save_password

    settings = settings_or_exit(config)
    if settings.staff.password_hash.get_secret_value():
        fail("staff.password_hash in the settings takes precedence. Remove it there and try again.")
    new_password = _read_secret("New staff password")
    problem = password_problem(new_password)
    if problem is not None:
        fail(f"invalid password: {problem}.")
    try:
        path = save_password(settings, new_password)
    except OSError as error:
        failure = f"cannot save the hash in {settings.state_dir}: {error.strerror}"
        fail(f"{failure}. Check the folder's owner and the free disk space.")
    echo(f"saved the hash to {path}. Restart running terminals to use it.")


@app.command()
def certificate(
    file: Annotated[Path, typer.Argument(help="New PKCS#12 file (.p12) for the other computer's browser.")],
    name: Annotated[str, typer.Option(help="Name shown by the browser.")] = "reception",
    host: Annotated[
        list[str] | None, typer.Option(help="This computer's name or address on the local network. Can be repeated.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Create a client certificate for opening the staff page on another computer on the local network.

    Also creates, if needed, the terminal's own certificate authority and a server certificate for staff.lan_address,
    the name of this computer and each --host. The file is encrypted with a passphrase, which the command prompts for
    twice; in a script, pass it as the first line of standard input. If a file is lost, remove staff/tls from the state
    folder and create all certificates again.

    Example: uketsuke staff certificate reception.p12 --host 192.168.0.10
    """
    from terminal.staff_web.certificates import MIN_PASSPHRASE_LENGTH, keys_folder, make_client, make_server

    settings = settings_or_exit(config)
    if file.exists():
        fail(f"{file} exists and will not be overwritten. Choose a new file name.")
    passphrase = _read_secret("Passphrase for the file")
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        fail(f"passphrase too short: use at least {MIN_PASSPHRASE_LENGTH} characters.")
    address = settings.staff.lan_address
    hosts = tuple(dict.fromkeys([*(host or []), *([address] if address else []), socket.gethostname()]))
    try:
        make_server(settings, hosts)
        if not make_client(settings, name, passphrase.encode(), file.absolute()):
            fail(f"{file} exists and will not be overwritten. Choose a new file name.")
    except ValueError as error:
        folder = keys_folder(settings.state_dir)
        fail(f"cannot use {folder}: {error}. Move the folder elsewhere and create all certificates again.")
    except OSError as error:
        fail(f"cannot write {error.filename or file}: {error.strerror}. Check its owner and the free disk space.")
    echo(f"created {file}. Import it into the other computer's browser, using the passphrase.")
    echo(f"server keys for {', '.join(hosts)}: {keys_folder(settings.state_dir)}")
    if not address:
        echo("Set staff.lan_address to this computer's address on the local network, and restart the terminal.")


def _read_secret(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt="Repeat"))
    return sys.stdin.readline().rstrip("\r\n")
