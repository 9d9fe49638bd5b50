"""`uketsuke stub`: run the qualification-check service stub as a separate HTTP server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import (
    ConfigOption,
    VerboseOption,
    echo,
    fail,
    log_to_stderr,
    report_errors,
    settings_or_exit,
)

if TYPE_CHECKING:
    from terminal.qualification.tls_files import TlsFiles
    from terminal.simulated.service.misbehaviour import Setting

HELP = """Run the qualification-check service stub as a separate HTTP server.

All answers are fictitious and marked as simulated. Interface: http://127.0.0.1:8642/openapi.json and docs/service.md

By default, only this computer can connect. For other computers, use --host and --line with keys from `uketsuke pki`.

Example: uketsuke stub --port 8642
"""
app = typer.Typer(help=HELP, invoke_without_command=True, pretty_exceptions_enable=False)
DEFAULT_URL = "http://127.0.0.1:8642"


@app.callback(invoke_without_command=True)
def serve_stub(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8642,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Addresses other than loopback require --line.")
    ] = "127.0.0.1",
    line: Annotated[
        Path | None,
        typer.Option(help="Folder with keys from `uketsuke pki`. Enables TLS with client certificates."),
    ] = None,
    behaviour: Annotated[
        list[str] | None,
        typer.Option(help="Simulated faults: a TOML file, or submit@elder:mode=half,times=1. Can be repeated."),
    ] = None,
    in_memory: Annotated[bool, typer.Option("--in-memory", help="Store checks in memory only.")] = False,
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL URL, for many terminals and processes: postgresql://user@host/name")
    ] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="TOML file with your own people.")] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    log_to_stderr(verbose=verbose)
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.simulated.personas.props import load_test_authority, trust_registry
        from terminal.simulated.service.enrolment import registry_path
        from terminal.simulated.service.registry import RegistryFile
        from terminal.simulated.service.server import require_line, serve

        rules, keys = _behaviour(behaviour or []), None if line is None else _tls_keys(line)
        # trust cards issued with this state folder
        RegistryFile(registry_path(settings.state_dir)).merge(trust_registry(load_test_authority(settings.state_dir)))
        require_line(host, keys)
        url = f"{'https' if keys else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        echo(f"Simulated qualification-check service on {url}. Press Ctrl-C to stop.")
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


def _behaviour(arguments: "list[str]") -> "list[Setting]":
    """Parse files and single settings. Later settings override earlier ones for the same operation."""
    from terminal.simulated.service.misbehaviour import parse_setting, read_settings

    settings: list[Setting] = []
    for argument in arguments:
        if ":" in argument and not Path(argument).is_file():
            settings.append(parse_setting(argument))
        else:
            settings.extend(read_settings(Path(argument)))
    return settings


def _tls_keys(folder: Path) -> "TlsFiles":
    from terminal.qualification.tls_files import SERVER, tls_files

    keys = tls_files(folder, SERVER)
    missing = [path for path in (keys.authority, keys.certificate, keys.key) if not path.is_file()]
    if missing:
        fail(f"{missing[0]} does not exist. Create the keys with `uketsuke pki --folder {folder}`.")
    return keys


@app.command()
def adopt(
    person: Annotated[str, typer.Argument(help="Person, as listed by `uketsuke stub people`.")] = "adult",
    url: Annotated[str, typer.Option(help="URL of the stub on this computer.")] = DEFAULT_URL,
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate as a DER file, instead of the card on the reader.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Register any card for a fictitious person, to try a reception by PIN.

    Reads the user-authentication certificate of the card on the reader without a PIN and sends only its hash to the
    stub on this computer. All answers remain marked as simulated.

    Example: uketsuke stub adopt elder
    """
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.cli.reader import certificate_on_reader
        from terminal.qualification.contract import NoAnswer, Refused
        from terminal.simulated.service.admin import StubAdmin

        der = certificate.read_bytes() if certificate is not None else certificate_on_reader(settings)
        with StubAdmin(url) as admin:
            answer = admin.adopt(der, person)
        match answer:
            case NoAnswer(reason=reason):
                fail(f"no answer from the stub at {url} ({reason}). Start it with `uketsuke stub`.")
            case Refused(message=message):
                fail(f"the stub refused: {message} `uketsuke stub people` lists the people.")
            case _:
                echo(f"Simulated: registered this card for {person!r} at {url}.")


@app.command()
def key(config: ConfigOption = None) -> None:
    """Print the service's public key, for `uketsuke setup --service-key` on another computer.

    Example: uketsuke stub key > service.pem
    """
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.simulated.service.enrolment import service_key

        echo(service_key(settings.state_dir).public_pem.strip())


@app.command()
def admit(
    terminal: Annotated[str, typer.Argument(help="Terminal name.")],
    public_key: Annotated[Path, typer.Argument(help="Public key (PEM) printed by `uketsuke setup`.")],
    config: ConfigOption = None,
) -> None:
    """Admit a terminal on another computer to the stub. Takes effect immediately in a running stub.

    Example: uketsuke stub admit front-7 front-7.pem
    """
    settings = settings_or_exit(config)
    with report_errors():
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
            fail(f"invalid terminal name {terminal!r}: use up to 40 letters, digits and hyphens.")
        RegistryFile(registry_path(settings.state_dir)).enrol_terminal(terminal, pem)
        echo(f"Simulated: admitted {terminal} to the service in {settings.state_dir}.")


@app.command()
def people() -> None:
    """List the fictitious insured people.

    Example: uketsuke stub people
    """
    from terminal.simulated.service.people import fictitious_people

    for name, person in fictitious_people().items():
        registration = "registered" if person.registered else "not registered"
        echo(f"{name:20} born {person.born}, {registration}, validity {person.validity}")
