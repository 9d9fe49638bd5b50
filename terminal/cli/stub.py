"""`uketsuke stub`: the qualification-check service stub as a separate HTTP server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import (
    ConfigOption,
    VerboseOption,
    fail,
    install_error_hooks,
    log_to_stderr,
    settings_or_exit,
    tell,
)

if TYPE_CHECKING:
    from terminal.qualification.tls_files import TlsFiles
    from terminal.simulated.service.misbehaviour import Setting

HELP = """Run the qualification-check service stub as a separate HTTP server.

All answers are invented and marked as simulated. Interface: http://127.0.0.1:8642/openapi.json and docs/service.md

Serves this computer only; other computers need --host and --line, the folder of keys created by `uketsuke pki`.

Example: uketsuke stub --port 8642
"""
app = typer.Typer(help=HELP, invoke_without_command=True, pretty_exceptions_enable=False)
DEFAULT_URL = "http://127.0.0.1:8642"


@app.callback(invoke_without_command=True)
def serve_stub(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8642,
    host: Annotated[
        str, typer.Option(help="Address to listen on; one that other computers can reach needs --line.")
    ] = "127.0.0.1",
    line: Annotated[
        Path | None,
        typer.Option(help="Folder with keys of `uketsuke pki`: use TLS and admit only terminals with these keys."),
    ] = None,
    behaviour: Annotated[
        list[str] | None,
        typer.Option(help="How to misbehave: a TOML file, or submit@elder:manner=half,times=1. May be repeated."),
    ] = None,
    in_memory: Annotated[bool, typer.Option("--in-memory", help="Keep checks in memory only.")] = False,
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL for many terminals and processes: postgresql://user@host/name")
    ] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="Your own invented people, as TOML.")] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    log_to_stderr(verbose=verbose)
    settings = settings_or_exit(config)
    with install_error_hooks():
        from terminal.simulated.personas.props import authority_of, trust_of
        from terminal.simulated.service.enrolment import registry_path
        from terminal.simulated.service.registry import RegistryFile
        from terminal.simulated.service.server import require_line, serve

        rules, keys = _behaviour(behaviour or []), None if line is None else _line(line)
        # trust the cards issued with this state folder
        RegistryFile(registry_path(settings.state_dir)).merge(trust_of(authority_of(settings.state_dir)))
        require_line(host, keys)
        url = f"{'https' if keys else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        tell(f"Simulated qualification-check service on {url} - stop it with Ctrl-C")
        serve(
            settings.state_dir,
            host=host,
            port=port,
            in_memory=in_memory,
            database_url=database,
            people_file=people_file,
            behaviour=rules,
            line=keys,
            share_port=database is not None,
        )


def _behaviour(given: "list[str]") -> "list[Setting]":
    """Parse settings, each a file or a line. A later one overrides an earlier one for the same place."""
    from terminal.simulated.service.misbehaviour import parse_setting, read_settings

    settings: list[Setting] = []
    for one in given:
        if ":" in one and not Path(one).is_file():
            settings.append(parse_setting(one))
        else:
            settings.extend(read_settings(Path(one)))
    return settings


def _line(folder: Path) -> "TlsFiles":
    from terminal.qualification.tls_files import SERVER, tls_files

    keys = tls_files(folder, SERVER)
    missing = [path for path in (keys.authority, keys.certificate, keys.key) if not path.is_file()]
    if missing:
        fail(f"{missing[0]} does not exist. Create keys with `uketsuke pki --folder {folder}`.")
    return keys


@app.command()
def adopt(
    person: Annotated[str, typer.Argument(help="Invented person; `uketsuke stub people` lists them.")] = "adult",
    url: Annotated[str, typer.Option(help="URL of a stub on this computer.")] = DEFAULT_URL,
    certificate: Annotated[
        Path | None, typer.Option(help="The certificate as a DER file, instead of the card on the reader.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Register a card that was not issued here for an invented person, so that a reception by PIN can be completed.

    Reads the user-authentication certificate of the card on the reader (no PIN) and sends the stub only its hash.
    Works on this computer only; every answer stays marked as simulated.

    Example: uketsuke stub adopt elder
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from terminal.cli.reader import certificate_on_reader
        from terminal.qualification.contract import NoAnswer, Refused
        from terminal.simulated.service.admin import StubAdmin

        der = certificate.read_bytes() if certificate is not None else certificate_on_reader(settings)
        with StubAdmin(url) as admin:
            answer = admin.adopt(der, person)
        match answer:
            case NoAnswer(reason=reason):
                fail(f"the stub at {url} does not answer ({reason}). Start one with `uketsuke stub`.")
            case Refused(message=message):
                fail(f"the stub refused: {message} `uketsuke stub people` lists the people.")
            case _:
                tell(f"Simulated: this card is now registered for the invented person {person!r} at {url}.")


@app.command()
def key(config: ConfigOption = None) -> None:
    """Print the service's public key, for `uketsuke setup --service-key` on another computer.

    Example: uketsuke stub key > service.pem
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from terminal.simulated.service.enrolment import service_key

        tell(service_key(settings.state_dir).public_pem.strip())


@app.command()
def admit(
    terminal: Annotated[str, typer.Argument(help="The terminal's name.")],
    public_key: Annotated[Path, typer.Argument(help="Its public key (PEM), as `uketsuke setup` printed it.")],
    config: ConfigOption = None,
) -> None:
    """Admit a terminal on another computer to the stub of this state folder. A running stub accepts it immediately.

    Example: uketsuke stub admit front-7 front-7.pem
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from pydantic import TypeAdapter, ValidationError

        from terminal.qualification.contract import TerminalId
        from terminal.qualification.keys import is_public_key
        from terminal.simulated.service.enrolment import registry_path
        from terminal.simulated.service.registry import RegistryFile

        pem = public_key.read_text(encoding="ascii", errors="replace")
        if not is_public_key(pem):
            fail(f"{public_key} is not an EC P-256 public key in PEM.")
        try:
            TypeAdapter(TerminalId).validate_python(terminal)
        except ValidationError:
            fail(f"{terminal!r} is not a terminal name: letters, digits and hyphens, at most 40.")
        RegistryFile(registry_path(settings.state_dir)).enrol_terminal(terminal, pem)
        tell(f"Simulated: {terminal} is admitted to the service of {settings.state_dir}.")


@app.command()
def people() -> None:
    """List the invented insured people.

    Example: uketsuke stub people
    """
    from terminal.simulated.service.people import invented_people

    for name, person in invented_people().items():
        standing = "registered" if person.registered else "not registered"
        tell(f"{name:20} born {person.born}, {standing}, validity {person.validity}")
