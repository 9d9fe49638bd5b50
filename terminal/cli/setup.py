"""`uketsuke setup`: set up a terminal."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from terminal.cli.common import ConfigOption, echo, fail, report_errors

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.backups.setup import Enrol, SetupReport
    from terminal.qualification.keys import Enrolment

HELP = """Set up this terminal: write settings, set the staff code, enrol with the service, and run `doctor`.

Prompts for the required settings. With --from, settings are read from FILE (`uketsuke config show` lists them), which
all terminals of an institution can share; --terminal sets the name of each. The staff code is then read from the first
line of standard input, or from staff.password_hash in FILE. On errors, nothing is written.

With a service on this computer, the terminal is enrolled immediately. For a service on another computer, specify its
public key with --service-key, and have the service admit this terminal's key, which is printed.

Exit codes: 1 if nothing was set up, 3 if the terminal was set up but `doctor` found a problem.

Example: uketsuke setup

Example: echo 280417 | uketsuke setup --from clinic.toml --terminal front-7
"""
DOCTOR_FAILED = 3


def setup(
    source: Annotated[
        Path | None, typer.Option("--from", help="Read the settings from this TOML file instead of prompting.")
    ] = None,
    terminal: Annotated[str | None, typer.Option(help="Name of this terminal at the service.")] = None,
    service_key: Annotated[Path | None, typer.Option(help="Public key (PEM) of a service on another computer.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace existing settings. A copy of the old file is kept.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    file = settings_target(config)
    values = _read(source) if source is not None else _prompt_for_settings(file)
    if terminal is not None:
        values["service"] = {**values.get("service", {}), "terminal_id": terminal}
    with report_errors():
        from datetime import datetime

        from config.japan import JAPAN
        from config.load import SettingsError
        from terminal.backups.setup import set_up

        try:
            report = set_up(
                values,
                file,
                staff_code=_staff_code(values, interactive=source is None),
                enrol=_enroller(service_key),
                replace=replace or source is None,
                now=datetime.now(JAPAN),
            )
        except SettingsError as error:
            fail(f"{error}\nNothing was written.")
    _print_summary(report, is_remote=service_key is not None)
    _run_doctor(report.settings)


def settings_target(config: Path | None) -> Path:
    """Return `config`, or the settings file used without --config."""
    from config.load import CONFIG_VARIABLE, default_file

    from_variable = os.environ.get(CONFIG_VARIABLE)
    return config or (Path(from_variable).expanduser() if from_variable else default_file())


def _read(source: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"cannot read {source}: {error.strerror}. Specify a settings file.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f"{source} is not valid TOML: {error}. `uketsuke config show` prints a template.")
    folder = values.get("handover", {}).get("folder") if isinstance(values.get("handover"), dict) else None
    if isinstance(folder, str) and not Path(folder).expanduser().is_absolute():
        fail(f"handover.folder = {folder!r} in {source}: use an absolute path, because the file will be copied.")
    return values


# --- prompts --------------------------------------------------------------------------------------------------


def _prompt_for_settings(file: Path) -> dict[str, Any]:
    from config.settings import Profile

    values: dict[str, Any] = _read(file) if file.exists() else {}
    echo("Press Enter to keep the value in brackets. Nothing is written until the last answer.")
    if "profile" not in values:
        values["profile"] = Profile.CLINIC.value
    _prompt(values, "", "profile", f"Kind of institution: {', '.join(Profile)} (種別)")
    _prompt(values, "service", "institution_code", "Institution code, ten digits (医療機関コード)")
    _prompt(values, "service", "terminal_id", "Name of this terminal at the service (端末名)")
    _prompt(values, "service", "url", "URL of the service (資格確認サービスのURL)")
    _prompt(
        values,
        "handover",
        "folder",
        "Folder for result files, or empty for a subfolder of the state folder (結果フォルダ)",
    )
    _print_readers()
    _prompt(values, "reader", "name", "Card reader: part of its name, or empty for all readers (カードリーダー)")
    _prompt(values, "vision", "camera", "Camera: number or device path (カメラ)")
    return values


def _prompt(values: dict[str, Any], section: str, name: str, question: str) -> None:
    """Prompt until the answer is valid. An empty answer selects the default."""
    from pydantic import ValidationError

    from config.settings import Settings

    target = values.setdefault(section, {}) if section else values
    model = Settings() if not section else getattr(Settings(), section)
    while True:
        current = target.get(name, getattr(model, name))
        answer = typer.prompt(question, default="" if current is None else str(current), show_default=bool(current))
        candidate = {name: answer or None} if name == "folder" else {name: answer}
        try:
            Settings.model_validate({section: candidate} if section else candidate)
        except ValidationError as error:
            echo(f"  invalid: {error.errors()[0]['msg'].replace('Input should', 'it must')}")
            continue
        break
    if answer:
        target[name] = str(Path(answer).expanduser().absolute()) if name == "folder" else answer
    else:
        target.pop(name, None)


def _print_readers() -> None:
    from reader.pcsc import PcscUnavailable, list_readers

    try:
        names = list_readers()
    except PcscUnavailable:
        names = []
    echo(f"Connected readers: {', '.join(names) or 'none'}")


def _staff_code(values: Mapping[str, Any], *, interactive: bool) -> str | None:
    """Return the new staff code, or None to leave it unchanged."""
    if not interactive:
        code: str = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        return code or None
    question = "Staff code, at least six digits, or empty to leave it unchanged (職員用の暗証番号)"
    code = typer.prompt(question, default="", hide_input=True, show_default=False)
    if code and typer.prompt("Repeat", hide_input=True) != code:
        fail("the staff codes differ. Nothing was written. Start over.")
    return code or None


# --- enrolment ------------------------------------------------------------------------------------------------


def _enroller(service_key: Path | None) -> "Enrol":
    def enrol(settings: "Settings") -> "Enrolment":
        import httpx

        from terminal.qualification.connection import is_loopback
        from terminal.readiness import NotReady

        if service_key is not None:
            return _enrol_with_pinned_key(settings, service_key)
        existing = _existing_enrolment(settings)
        if existing is not None and not existing.simulated:
            return existing
        if not is_loopback(httpx.URL(settings.service.url).host):
            if existing is not None:
                return existing
            raise NotReady(
                f"the service at {settings.service.url} is not on this computer. Request its public key from its "
                "operator (`uketsuke stub key`) and specify the file with --service-key."
            )
        from terminal.simulated.service.admin import StubAdmin, enrol_with

        with StubAdmin(settings.service.url) as admin:
            return enrol_with(admin, settings.service.url, settings.state_dir, settings.service.terminal_id)

    return enrol


def _existing_enrolment(settings: "Settings") -> "Enrolment | None":
    from terminal.qualification.keys import Enrolment, enrolment_path, terminal_key_path

    enrolment = Enrolment.load(enrolment_path(settings.state_dir))
    matches = enrolment is not None and enrolment.terminal_id == settings.service.terminal_id
    return enrolment if matches and terminal_key_path(settings.state_dir).exists() else None


def _enrol_with_pinned_key(settings: "Settings", service_key: Path) -> "Enrolment":
    """Enrol with the service and pin its public key."""
    from terminal.doctor.service import request_challenge
    from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, is_public_key, terminal_key_path
    from terminal.readiness import NotReady

    pem = service_key.read_text(encoding="ascii", errors="replace")
    if not is_public_key(pem):
        raise NotReady(f"{service_key} is not an EC P-256 public key in PEM.")
    answer = request_challenge(settings)
    if isinstance(answer, str):
        raise NotReady(f"The service at {settings.service.url}: {answer}. Check service.url and the network.")
    SigningKey.load_or_create(terminal_key_path(settings.state_dir))
    enrolment = Enrolment(terminal_id=settings.service.terminal_id, service_public_key=pem, simulated=answer.simulated)
    enrolment.save(enrolment_path(settings.state_dir))
    return enrolment


# --- reporting ------------------------------------------------------------------------------------------------


def _print_summary(report: "SetupReport", *, is_remote: bool) -> None:
    from terminal.staff_password import effective_hash

    echo(f"settings    {report.file}")
    if report.previous_copy is not None:
        echo(f"            previous settings: {report.previous_copy}")
    echo(f"state       {report.settings.state_dir}")
    echo(f"staff code  {'set' if effective_hash(report.settings) else 'not set: run `uketsuke staff password`'}")
    simulated = ", SIMULATED" if report.enrolment.simulated else ""
    echo(f"enrolled    {report.enrolment.terminal_id} at {report.settings.service.url}{simulated}")
    if is_remote:
        echo(f"            key for the service to admit:\n{_public_key(report.settings)}")


def _public_key(settings: "Settings") -> str:
    from terminal.qualification.keys import SigningKey, terminal_key_path

    return SigningKey.load_or_create(terminal_key_path(settings.state_dir)).public_pem.strip()


def _run_doctor(settings: "Settings") -> None:
    from terminal.cli.doctor import report_text

    text, bad = report_text(settings)
    echo(f"\n{text}")
    if bad:
        echo("\nThe terminal is set up, but the problems marked BAD must be fixed before receptions are possible.")
        raise typer.Exit(DOCTOR_FAILED)
