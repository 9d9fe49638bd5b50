"""`uketsuke staff`"""

import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, fail, settings_or_exit, tell

app = typer.Typer(help="Staff access.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def staff() -> None:
    """Staff access."""


@app.command()
def password(config: ConfigOption = None) -> None:
    """Set the staff password, or a code of six digits or more for the touch pad. Asked for twice and never shown.

    Only its Argon2 hash is kept, in the state folder. A running terminal uses it from its next start. In a script, pass
    the password as the first line of standard input.

    Example: uketsuke staff password
    """
    from terminal.staff_password import password_fault, save_password

    settings = settings_or_exit(config)
    if settings.staff.password_hash.get_secret_value():
        fail("staff.password_hash is set in the settings and takes precedence. Remove it there, then try again.")
    typed = _typed("New staff password")
    fault = password_fault(typed)
    if fault is not None:
        fail(f"this password is not accepted: {fault}.")
    try:
        path = save_password(settings, typed)
    except OSError as error:
        fail(f"the hash cannot be saved in {settings.state_dir}: {error.strerror}. Check the folder's owner and space.")
    tell(f"set; its hash is in {path}. A running terminal uses it from its next start.")


@app.command()
def certificate(
    file: Annotated[Path, typer.Argument(help="New PKCS#12 file (.p12) for the other computer's browser.")],
    name: Annotated[str, typer.Option(help="Its owner, as listed by the browser.")] = "reception",
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address of this computer on the local network.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Create a certificate that lets another computer on the local network open the staff page.

    The first one also creates the terminal's own authority and its server certificate, for staff.lan_address, this
    computer's name and each --host. The file is encrypted with a passphrase, which is asked for twice; in a script,
    pass it as the first line of standard input. If a file is lost, remove the folder staff/tls in the state folder and
    create all certificates again.

    Example: uketsuke staff certificate reception.p12 --host 192.168.0.10
    """
    from terminal.staff_web.certificates import MIN_PASSPHRASE_LENGTH, keys_folder, make_client, make_server

    settings = settings_or_exit(config)
    if file.exists():
        fail(f"{file} already exists and is not overwritten. Name a new file.")
    passphrase = _typed("Passphrase of the file")
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        fail(f"this passphrase is not accepted: use at least {MIN_PASSPHRASE_LENGTH} characters.")
    address = settings.staff.lan_address
    hosts = tuple(dict.fromkeys([*(host or []), *([address] if address else []), socket.gethostname()]))
    try:
        make_server(settings, hosts)
        if not make_client(settings, name, passphrase.encode(), file.absolute()):
            fail(f"{file} already exists and is not overwritten. Name a new file.")
    except ValueError as error:
        folder = keys_folder(settings.state_dir)
        fail(f"{folder} cannot be used: {error}. Move that folder away and create all certificates again.")
    except OSError as error:
        fail(f"{error.filename or file} cannot be written: {error.strerror}. Check the folder's owner and space.")
    tell(f"{file}: import it into the browser of the other computer, with its passphrase")
    tell(f"server keys for {', '.join(hosts)} are in {keys_folder(settings.state_dir)}")
    if not address:
        tell("set staff.lan_address to this computer's address on the local network, and restart the terminal")


def _typed(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt="Repeat it"))
    return sys.stdin.readline().rstrip("\r\n")
