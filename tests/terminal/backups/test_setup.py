"""`uketsuke setup`: interactively, from a shared file, and without changes after an error."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.load import load
from consent.ledger import Ledger
from terminal.assembly import ledger_path
from terminal.audit import AuditTrail
from terminal.cli.main import app
from terminal.conductor.clock import Clock
from terminal.front.password import PasswordCorrect, PasswordGate
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.registry import RegistryFile
from terminal.simulated.service.server import StubServer, open_service

OK, DOCTOR_PROBLEM = 0, 3
"""Exit codes."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[StubServer]:
    server = StubServer(open_service(tmp_path / "service", in_memory=True))
    server.start()
    yield server
    server.close()


@pytest.fixture
def clinic_file(tmp_path: Path, service: StubServer) -> Path:
    """Settings file shared by all terminals of a clinic."""
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "clinic.toml"
    file.write_text(
        f'profile = "clinic"\n[service]\nurl = "{service.url}"\ninstitution_code = "1312345678"\n'
        f'[handover]\nfolder = "{tmp_path / "inbox"}"\n',
        encoding="utf-8",
    )
    return file


def run(host: Path, *arguments: str, stdin: str = "") -> tuple[int, str]:
    environment = {"UKETSUKE_STATE_DIR": str(host / "state"), "UKETSUKE_CONFIG": str(host / "settings.toml")}
    result = CliRunner().invoke(app, list(arguments), input=stdin, env=environment)
    return result.exit_code, result.output


def folder_contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_file_sets_up_all_terminals_in_a_clinic(tmp_path: Path, clinic_file: Path, service: StubServer) -> None:
    for name in ("front-1", "front-2", "pharmacy-3"):
        host = tmp_path / name
        code, output = run(host, "setup", "--from", str(clinic_file), "--terminal", name, stdin="280417\n")
        assert code in (OK, DOCTOR_PROBLEM), output
        assert "280417" not in output
        assert f"accepts {name}" in output  # the doctor's report
        settings = load(host / "settings.toml", {"state_dir": str(host / "state")})
        assert (settings.service.terminal_id, settings.service.institution_code) == (name, "1312345678")
        assert isinstance(PasswordGate.from_settings(settings).check(bytearray(b"280417")), PasswordCorrect)
        for file in (host / "settings.toml", terminal_key_path(settings.state_dir)):
            assert file.stat().st_mode & 0o777 == 0o600
    terminals = service.service.registry.current().terminals
    assert sorted(terminals) == ["front-1", "front-2", "pharmacy-3"]
    assert len(set(terminals.values())) == 3


def test_interactive_setup_asks_again_after_invalid_answers(tmp_path: Path, service: StubServer) -> None:
    answers = ["hospital", "clinic", "12345", "1312345678", "front-1", service.url, "", "", "7", "280417", "280417"]
    code, output = run(tmp_path, "setup", stdin="\n".join(answers) + "\n")
    assert code in (OK, DOCTOR_PROBLEM), output
    assert output.count("invalid:") == 2
    settings = tomllib.loads((tmp_path / "settings.toml").read_text("utf-8"))
    assert settings["service"]["terminal_id"] == "front-1"
    assert settings["vision"]["camera"] == "7"
    assert "folder" not in settings.get("handover", {})
    # empty answers keep all values
    code, output = run(tmp_path, "setup", stdin="\n" * 10)
    assert code in (OK, DOCTOR_PROBLEM), output
    assert tomllib.loads((tmp_path / "settings.toml").read_text("utf-8")) == settings


@pytest.mark.parametrize("problem", ["service", "folder", "code", "setting", "file"])
def test_failed_setup_writes_nothing(tmp_path: Path, clinic_file: Path, service: StubServer, problem: str) -> None:
    host, stdin = tmp_path / "host", "280417\n"
    text = clinic_file.read_text("utf-8")
    match problem:
        case "service":
            service.stop()
        case "folder":
            (tmp_path / "inbox").rmdir()
        case "code":
            stdin = "123456\n"
        case "setting":
            clinic_file.write_text(f"{text}[vision]\nattempts = 99\n", encoding="utf-8")
        case "file":
            clinic_file.write_text("profile = \n", encoding="utf-8")
    before = folder_contents(tmp_path)
    code, output = run(host, "setup", "--from", str(clinic_file), "--terminal", "front-1", stdin=stdin)
    assert code == 1, output
    assert output.strip()
    assert folder_contents(tmp_path) == before
    assert not host.exists()


def test_failed_write_undoes_earlier_writes(tmp_path: Path, clinic_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from terminal.backups import setup

    def write_all_but_settings(path: Path, content: bytes) -> None:
        if path.name == "settings.toml":
            raise OSError(28, "No space left on device")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(setup, "write_atomically", write_all_but_settings)
    before = folder_contents(tmp_path / "host")
    code, output = run(tmp_path / "host", "setup", "--from", str(clinic_file), stdin="280417\n")
    assert (code, "No space left" in output) == (1, True), output
    assert folder_contents(tmp_path / "host") == before == {}


def test_existing_settings_are_replaced_only_on_request_and_backed_up(tmp_path: Path, clinic_file: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic_file))
    first = (tmp_path / "settings.toml").read_text("utf-8")
    clinic_file.write_text(clinic_file.read_text("utf-8").replace('"clinic"', '"pharmacy"'), encoding="utf-8")
    code, output = run(tmp_path, "setup", "--from", str(clinic_file))
    assert (code, "--replace" in output) == (1, True), output
    code, output = run(tmp_path, "setup", "--from", str(clinic_file), "--replace")
    assert code in (OK, DOCTOR_PROBLEM), output
    (backup,) = tmp_path.glob("settings.toml.before-*")
    assert backup.read_text("utf-8") == first


def test_packaged_default_settings_may_be_replaced(tmp_path: Path, clinic_file: Path) -> None:
    packaged = Path(__file__).parents[3] / "packaging" / "debian" / "root" / "etc" / "uketsuke" / "config.toml"
    (tmp_path / "settings.toml").write_bytes(packaged.read_bytes())
    code, output = run(tmp_path, "setup", "--from", str(clinic_file))
    assert code in (OK, DOCTOR_PROBLEM), output
    assert "1312345678" in (tmp_path / "settings.toml").read_text("utf-8")


def test_running_or_differently_named_terminal_is_not_overwritten(tmp_path: Path, clinic_file: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic_file), "--terminal", "front-1")
    settings = load(tmp_path / "settings.toml", {"state_dir": str(tmp_path / "state")})
    with Ledger.open(ledger_path(settings), "front-1", clock=Clock().wall):
        code, output = run(tmp_path, "setup", "--from", str(clinic_file), "--terminal", "front-1")
        assert (code, "a terminal is running" in output) == (1, True), output
    code, output = run(tmp_path, "setup", "--from", str(clinic_file), "--terminal", "front-2", "--replace")
    assert (code, "ledger of 'front-1'" in output) == (1, True), output


def test_remote_service_is_pinned_by_its_key(
    tmp_path: Path, clinic_file: Path, service: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service operator admits the key that `setup` prints."""
    service_state = tmp_path / "service"
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(service_state))
    key = tmp_path / "service.pem"
    key.write_text(CliRunner().invoke(app, ["stub", "key"]).output, encoding="ascii")
    code, output = run(
        tmp_path, "setup", "--from", str(clinic_file), "--terminal", "front-9", "--service-key", str(key)
    )
    assert code == DOCTOR_PROBLEM
    assert "does not accept this terminal" in output
    public = tmp_path / "front-9.pem"
    public.write_text(
        output[output.index("-----BEGIN") : output.index("-----END PUBLIC KEY-----") + 24], encoding="ascii"
    )
    admission = CliRunner().invoke(app, ["stub", "admit", "front-9", str(public)])
    assert admission.exit_code == 0, admission.output
    enrolment = Enrolment.load(enrolment_path(tmp_path / "state"))
    assert enrolment is not None
    assert enrolment.simulated
    assert "accepts front-9" in run(tmp_path, "doctor")[1]
    public_key = SigningKey.load_or_create(terminal_key_path(tmp_path / "state")).public_pem
    assert RegistryFile(registry_path(service_state)).current().terminals["front-9"].strip() == public_key.strip()
    refusal = CliRunner().invoke(app, ["stub", "admit", "front 9", str(public)])
    assert (refusal.exit_code, os.linesep in refusal.output) == (1, True)


def test_repeated_setup_does_not_change_state_folder(tmp_path: Path, clinic_file: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic_file))
    AuditTrail(tmp_path / "state" / "audit.jsonl").close()
    before = folder_contents(tmp_path / "state")
    code, _ = run(tmp_path, "setup", "--from", str(clinic_file))
    assert code in (OK, DOCTOR_PROBLEM)
    assert folder_contents(tmp_path / "state") == before
