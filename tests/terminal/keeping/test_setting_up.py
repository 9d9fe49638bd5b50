"""`uketsuke setup`: one terminal asked, many from one file, and nothing half-written."""

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
from terminal.front.password import PasswordGate, PasswordRight
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.registry import RegistryFile
from terminal.simulated.service.server import StubServer, open_service

SET_UP, DOCTOR_FOUND = 0, 3


@pytest.fixture
def service(tmp_path: Path) -> Iterator[StubServer]:
    server = StubServer(open_service(tmp_path / "service", in_memory=True))
    server.start()
    yield server
    server.close()


@pytest.fixture
def clinic(tmp_path: Path, service: StubServer) -> Path:
    """The settings of a house, the same for each of its terminals."""
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "clinic.toml"
    file.write_text(
        f'profile = "clinic"\n[service]\nurl = "{service.url}"\ninstitution_code = "1312345678"\n'
        f'[handover]\nfolder = "{tmp_path / "inbox"}"\n',
        encoding="utf-8",
    )
    return file


def run(place: Path, *words: str, typed: str = "") -> tuple[int, str]:
    environment = {"UKETSUKE_STATE_DIR": str(place / "state"), "UKETSUKE_CONFIG": str(place / "settings.toml")}
    result = CliRunner().invoke(app, list(words), input=typed, env=environment)
    return result.exit_code, result.output


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_many_terminals_from_one_file(tmp_path: Path, clinic: Path, service: StubServer) -> None:
    for name in ("front-1", "front-2", "pharmacy-3"):
        place = tmp_path / name
        code, said = run(place, "setup", "--from", str(clinic), "--terminal", name, typed="280417\n")
        assert code in (SET_UP, DOCTOR_FOUND), said
        assert "280417" not in said
        assert f"knows {name}" in said  # doctor's word
        settings = load(place / "settings.toml", {"state_dir": str(place / "state")})
        assert (settings.service.terminal_id, settings.service.institution_code) == (name, "1312345678")
        assert isinstance(PasswordGate.of(settings).check(bytearray(b"280417")), PasswordRight)
        for file in (place / "settings.toml", terminal_key_path(settings.state_dir)):
            assert file.stat().st_mode & 0o777 == 0o600
    terminals = service.service.registry.current().terminals
    assert sorted(terminals) == ["front-1", "front-2", "pharmacy-3"]
    assert len(set(terminals.values())) == 3


def test_asked_question_by_question(tmp_path: Path, service: StubServer) -> None:
    answers = ["hospital", "clinic", "12345", "1312345678", "front-1", service.url, "", "", "7", "280417", "280417"]
    code, said = run(tmp_path, "setup", typed="\n".join(answers) + "\n")
    assert code in (SET_UP, DOCTOR_FOUND), said
    assert said.count("not accepted") == 2
    written = tomllib.loads((tmp_path / "settings.toml").read_text("utf-8"))
    assert written["service"]["terminal_id"] == "front-1"
    assert written["vision"]["camera"] == "7"
    assert "folder" not in written.get("handover", {})
    # once more, everything as it was
    code, said = run(tmp_path, "setup", typed="\n" * 10)
    assert code in (SET_UP, DOCTOR_FOUND), said
    assert tomllib.loads((tmp_path / "settings.toml").read_text("utf-8")) == written


@pytest.mark.parametrize("wrong", ["service", "folder", "code", "setting", "file"])
def test_where_one_thing_is_wrong_nothing_is_written(
    tmp_path: Path, clinic: Path, service: StubServer, wrong: str
) -> None:
    place, typed = tmp_path / "place", "280417\n"
    text = clinic.read_text("utf-8")
    match wrong:
        case "service":
            service.stop()
        case "folder":
            (tmp_path / "inbox").rmdir()
        case "code":
            typed = "123456\n"
        case "setting":
            clinic.write_text(f"{text}[vision]\nattempts = 99\n", encoding="utf-8")
        case "file":
            clinic.write_text("profile = \n", encoding="utf-8")
    before = everything_in(tmp_path)
    code, said = run(place, "setup", "--from", str(clinic), "--terminal", "front-1", typed=typed)
    assert code == 1, said
    assert said.strip()
    assert everything_in(tmp_path) == before
    assert not place.exists()


def test_a_disk_that_refuses_the_last_file_leaves_all_as_it_was(
    tmp_path: Path, clinic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terminal.keeping import setting_up

    def refuse(path: Path, content: bytes) -> None:
        if path.name == "settings.toml":
            raise OSError(28, "No space left on device")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(setting_up, "write_whole", refuse)
    before = everything_in(tmp_path / "place")
    code, said = run(tmp_path / "place", "setup", "--from", str(clinic), typed="280417\n")
    assert (code, "No space left" in said) == (1, True), said
    assert everything_in(tmp_path / "place") == before == {}


def test_other_settings_are_replaced_only_when_told_and_are_kept(tmp_path: Path, clinic: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic))
    first = (tmp_path / "settings.toml").read_text("utf-8")
    clinic.write_text(clinic.read_text("utf-8").replace('"clinic"', '"pharmacy"'), encoding="utf-8")
    code, said = run(tmp_path, "setup", "--from", str(clinic))
    assert (code, "--replace" in said) == (1, True), said
    code, said = run(tmp_path, "setup", "--from", str(clinic), "--replace")
    assert code in (SET_UP, DOCTOR_FOUND), said
    (kept,) = tmp_path.glob("settings.toml.before-*")
    assert kept.read_text("utf-8") == first


def test_the_settings_that_a_package_brings_are_nobodys(tmp_path: Path, clinic: Path) -> None:
    delivered = Path(__file__).parents[3] / "packaging" / "debian" / "root" / "etc" / "uketsuke" / "config.toml"
    (tmp_path / "settings.toml").write_bytes(delivered.read_bytes())
    code, said = run(tmp_path, "setup", "--from", str(clinic))
    assert code in (SET_UP, DOCTOR_FOUND), said
    assert "1312345678" in (tmp_path / "settings.toml").read_text("utf-8")


def test_a_terminal_that_runs_or_has_another_name_is_left_alone(tmp_path: Path, clinic: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic), "--terminal", "front-1")
    settings = load(tmp_path / "settings.toml", {"state_dir": str(tmp_path / "state")})
    with Ledger.open(ledger_path(settings), "front-1", clock=Clock().wall):
        code, said = run(tmp_path, "setup", "--from", str(clinic), "--terminal", "front-1")
        assert (code, "a terminal is running" in said) == (1, True), said
    code, said = run(tmp_path, "setup", "--from", str(clinic), "--terminal", "front-2", "--replace")
    assert (code, "ledger of 'front-1'" in said) == (1, True), said


def test_a_service_on_another_computer_is_pinned_by_its_key(
    tmp_path: Path, clinic: Path, service: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's operator admits the key that `setup` prints."""
    at_service = tmp_path / "service"
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(at_service))
    key = tmp_path / "service.pem"
    key.write_text(CliRunner().invoke(app, ["stub", "key"]).output, encoding="ascii")
    code, said = run(tmp_path, "setup", "--from", str(clinic), "--terminal", "front-9", "--service-key", str(key))
    assert code == DOCTOR_FOUND
    assert "does not know this terminal" in said
    public = tmp_path / "front-9.pem"
    public.write_text(said[said.index("-----BEGIN") : said.index("-----END PUBLIC KEY-----") + 24], encoding="ascii")
    admitted = CliRunner().invoke(app, ["stub", "admit", "front-9", str(public)])
    assert admitted.exit_code == 0, admitted.output
    enrolment = Enrolment.load(enrolment_path(tmp_path / "state"))
    assert enrolment is not None
    assert enrolment.simulated
    assert "knows front-9" in run(tmp_path, "doctor")[1]
    mine = SigningKey.load_or_create(terminal_key_path(tmp_path / "state")).public_pem
    assert RegistryFile(registry_path(at_service)).current().terminals["front-9"].strip() == mine.strip()
    refused = CliRunner().invoke(app, ["stub", "admit", "front 9", str(public)])
    assert (refused.exit_code, os.linesep in refused.output) == (1, True)


def test_set_up_again_touches_no_record(tmp_path: Path, clinic: Path) -> None:
    run(tmp_path, "setup", "--from", str(clinic))
    AuditTrail(tmp_path / "state" / "audit.jsonl").close()
    before = everything_in(tmp_path / "state")
    code, _ = run(tmp_path, "setup", "--from", str(clinic))
    assert code in (SET_UP, DOCTOR_FOUND)
    assert everything_in(tmp_path / "state") == before
