"""Help, errors and exit codes of all commands."""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.version import VERSION
from reader.softcard.card_image import CardFile
from terminal.cli.main import app
from terminal.handover.folder import WORK_FOLDER, DeliveryFailure, NotDelivered
from terminal.handover.process import FolderProcess
from terminal.qualification.tls_files import tls_files
from terminal.simulated.service.admin import StubAdmin
from terminal.simulated.service.admin_bodies import SimulatorState
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule, Setting
from terminal.simulated.service.registry import RegistryFile
from terminal.simulated.service.server import StubServer, open_service

COMMANDS = [
    ["demo"],
    ["run"],
    ["doctor"],
    ["enrol"],
    ["stub"],
    ["stub", "adopt"],
    ["stub", "people"],
    ["stub", "key"],
    ["stub", "admit"],
    ["setup"],
    ["backup"],
    ["restore"],
    ["prune"],
    ["card", "issue"],
    ["card", "kinds"],
    ["card", "insert"],
    ["card", "list"],
    ["card", "show"],
    ["card", "faces"],
    ["exchange"],
    ["exchange", "check"],
    ["exchange", "conform"],
    ["exchange", "client"],
    ["handover", "sample"],
    ["handover", "waiting"],
    ["handover", "again"],
    ["handover", "close"],
    ["face", "models"],
    ["face", "add"],
    ["face", "calibrate"],
    ["pki"],
    ["ledger", "verify"],
    ["ledger", "show"],
    ["ledger", "export"],
    ["ledger", "withdraw"],
    ["config", "show"],
    ["config", "check"],
]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


Uketsuke = Callable[..., tuple[int, str]]


@pytest.fixture
def uketsuke(state: Path) -> Uketsuke:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_help_includes_an_example(command: list[str], uketsuke: Uketsuke) -> None:
    code, output = uketsuke(*command, "--help")
    assert code == 0
    assert f"Example: uketsuke {command[0]}" in " ".join(output.split()), output


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[vision]\natempt_seconds = 0.3\n", ("vision.atempt_seconds", "vision.attempt_seconds")),
        ('[place]\nlanguages = ["ja", "tlh"]\n', ("'tlh' is not a screen language", "ja, ja-easy, en")),
    ],
)
def test_invalid_setting_is_reported_with_valid_values(
    text: str, messages: tuple[str, ...], tmp_path: Path, uketsuke: Uketsuke
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    code, output = uketsuke("config", "check", "--config", str(file))
    assert code == 1
    assert all(message in output for message in messages)
    assert "Traceback" not in output


def test_issued_card_is_listed_shown_and_registered_with_stub(state: Path, uketsuke: Uketsuke) -> None:
    code, output = uketsuke("card", "issue", "mine", "--pin", "4321", "--person", "elder")
    assert code == 0, output
    path = state / "cards" / "mine.json"
    assert path.stat().st_mode & 0o777 == 0o600
    image = CardFile(path).load()
    assert image.public_facts().certificate_sha256 in RegistryFile(registry_path(state)).current().cards
    _, card_list = uketsuke("card", "list")
    assert "mine" in card_list
    code, description = uketsuke("card", "show", "mine", "--face")
    assert code == 0
    assert "PIN 3" in description
    assert image.printed_code[10:] in description
    assert "4321" not in description
    code, error = uketsuke("card", "issue", "mine")
    assert code == 1
    assert "exists" in error


def test_card_show_reports_missing_pin(uketsuke: Uketsuke) -> None:
    uketsuke("card", "issue", "faceonly", "--kind", "pinless")
    assert "PIN none" in uketsuke("card", "show", "faceonly")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--auto", "--persona", "nobody"], "unknown persona 'nobody'"),
        (["demo", "--auto", "--persona", "pin-right", "--json", "/nowhere/out.json"], "folder /nowhere does not exist"),
        (["card", "issue", "x", "--person", "nobody"], "unknown person 'nobody'"),
        (["card", "issue", "x", "--pin", "12"], "4 digits"),
        (["card", "issue", "x", "--kind", "golden"], "unknown kind of card 'golden'"),
        (["card", "issue", "x", "--kind", "infant", "--person", "elder"], "infant"),
        (["exchange", "check", "nothing.xml"], "does not exist"),
        (["ledger", "verify", "--receipts"], "uketsuke enrol"),
        (["card", "show", "nothing"], "nothing"),
        (["ledger", "verify"], "ledger.db"),
        (["ledger", "export", "new.jsonl"], "ledger.db"),
        (["enrol", "--service", "http://127.0.0.1:9"], "Start one with `uketsuke stub`"),
        (["enrol", "--service", "http://example.com"], "http"),
        (["run", "--headless", "--language", "xx"], "Choose one of: ja, ja-easy, en"),
        (["stub", "--host", "0.0.0.0"], "without TLS"),
        (["stub", "--line", "/nowhere"], "uketsuke pki --folder /nowhere"),
        (["stub", "--behaviour", "submit:mode=rude"], "stub behaviour: mode"),
        (["stub", "--behaviour", "submit@stranger:mode=half"], "unknown person 'stranger'"),
        (["stub", "--behaviour", "nothing.toml"], "nothing.toml"),
        (["demo", "--auto", "--camera", "no-such.mp4"], "no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_invalid_input_is_reported_without_traceback(arguments: list[str], message: str, uketsuke: Uketsuke) -> None:
    code, output = uketsuke(*arguments)
    assert code != 0
    assert message in output
    assert "Traceback" not in output


def test_running_stub_enrols_terminal_and_adopts_card(state: Path, uketsuke: Uketsuke) -> None:
    uketsuke("card", "issue", "stranger")
    certificate = CardFile(state / "cards" / "stranger.json").load().public_facts().certificate_der
    assert certificate is not None
    der = state / "certificate.der"
    der.write_bytes(certificate)
    server = StubServer(open_service(state, in_memory=True))
    server.start()
    try:
        code, output = uketsuke("enrol", "--service", server.url)
        assert code == 0, output
        code, output = uketsuke("stub", "adopt", "elder", "--url", server.url, "--certificate", str(der))
        assert code == 0, output
        assert "Simulated" in output
        code, output = uketsuke("stub", "adopt", "nobody", "--url", server.url, "--certificate", str(der))
        assert code == 1
    finally:
        server.close()


def test_stub_serves_tls_and_applies_misbehaviour_rules(tmp_path: Path, state: Path, uketsuke: Uketsuke) -> None:
    keys, file, port = tmp_path / "keys", tmp_path / "behaviour.toml", free_port()
    uketsuke("pki", "--folder", str(keys), "--terminal", "terminal-7")
    file.write_text('[[behaviour]]\noperation = "open"\ndelay_seconds = 7\n')
    behaviour = ["--behaviour", str(file), "--behaviour", "submit@elder:mode=half,times=1"]
    options = ["--in-memory", "--host", "127.0.0.2", "--port", str(port), "--line", str(keys)]
    program = [sys.executable, "-c", "from terminal.cli.entry import main; main()", "stub", *options, *behaviour]
    tls = tls_files(keys, "terminal-7").client_context()
    tls.check_hostname = False  # the certificate is for 127.0.0.1
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as stub:
        try:
            with StubAdmin(f"https://127.0.0.2:{port}", tls=tls) as admin:
                stub_state = wait_for_state(admin, stub)
        finally:
            stub.terminate()
        assert stub.stdout is not None
        assert f"https://127.0.0.2:{port}." in stub.stdout.read()
    assert stub_state.behaviour == (
        Setting(operation=Operation.OPEN, rule=Rule(delay_seconds=7)),
        Setting(operation=Operation.SUBMIT, person="elder", rule=Rule(mode=ResponseMode.HALF, times=1)),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        return int(probe.getsockname()[1])


def wait_for_state(admin: StubAdmin, stub: "subprocess.Popen[str]") -> SimulatorState:
    deadline = time.monotonic() + 60
    while True:
        reply = admin.state()
        if isinstance(reply, SimulatorState):
            return reply
        assert stub.poll() is None, "the stub exited"
        assert time.monotonic() < deadline, reply
        time.sleep(0.05)


def test_every_card_kind_can_be_issued(uketsuke: Uketsuke, monkeypatch: pytest.MonkeyPatch) -> None:
    from reader.softcard import issue, keys, kinds
    from reader.softcard.kinds import KINDS

    cached_generate = functools.cache(keys.generate)  # key generation is slow and tested elsewhere
    for module in (issue, kinds):
        monkeypatch.setattr(module, "generate", cached_generate)
    _, kinds_output = uketsuke("card", "kinds")
    for kind in KINDS:
        assert kind in kinds_output
        code, output = uketsuke("card", "issue", f"a-{kind}", "--kind", kind)
        assert code == 0, output


def test_exchange_check_reports_missing_element(tmp_path: Path, uketsuke: Uketsuke) -> None:
    file = tmp_path / "OQSsiquc01req_202611210001.xml"
    file.write_text('<?xml version="1.0" encoding="UTF-8"?><XmlMsg><MessageHeader/><MessageBody/></XmlMsg>')
    code, output = uketsuke("exchange", "check", str(file))
    assert code == 1
    assert "MedicalInstitutionCode" in output


def test_pki_creates_private_tls_keys(tmp_path: Path, uketsuke: Uketsuke) -> None:
    code, output = uketsuke("pki", "--folder", str(tmp_path / "keys"), "--terminal", "terminal-7")
    assert code == 0, output
    assert (tmp_path / "keys" / "terminal-7.key").stat().st_mode & 0o777 == 0o600


def test_ledger_matches_receipts_after_withdrawal(state: Path, uketsuke: Uketsuke) -> None:
    server = StubServer(open_service(state))
    server.start()
    try:
        uketsuke("demo", "--auto", "--persona", "pin-right", "--service", server.url)
        os.environ["UKETSUKE_SERVICE__URL"] = server.url
        _, ledger_output = uketsuke("ledger", "show")
        check = next(line.split()[4] for line in ledger_output.splitlines() if " decided " in line)
        code, output = uketsuke("ledger", "withdraw", check, "TKK")
        assert (code, output.strip()) == (0, "withdrawn")
        code, output = uketsuke("ledger", "withdraw", check, "TKK")
        assert code == 1
        assert check in output
        code, output = uketsuke("ledger", "withdraw", check, "nonsense")
        assert "unknown item nonsense" in output
        code, output = uketsuke("handover", "waiting")
        assert (code, output.strip()) == (0, "waiting: 0")
        for decision in ("again", "close"):
            code, output = uketsuke("handover", decision, check)
            assert (code, "its stage is 'delivered'" in output) == (1, True), output
        code, output = uketsuke("ledger", "verify", "--receipts")
        assert code == 0, output
    finally:
        os.environ.pop("UKETSUKE_SERVICE__URL", None)
        server.close()


@pytest.mark.parametrize("decision", ["again", "close"])
def test_lost_result_can_be_delivered_again_or_closed(
    state: Path, uketsuke: Uketsuke, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    server = StubServer(open_service(state))
    server.start()
    monkeypatch.setenv("UKETSUKE_SERVICE__URL", server.url)
    results = state / "results"
    try:
        with monkeypatch.context() as patch:
            patch.setattr(FolderProcess, "move", lambda *_: NotDelivered(DeliveryFailure.HANGS))
            uketsuke("demo", "--auto", "--persona", "pin-right", "--service", server.url)
        shutil.rmtree(results / WORK_FOLDER)
        code, output = uketsuke("handover", "waiting")
        assert (code, output.splitlines()[-1]) == (0, "waiting: 1"), output
        check, *_, stage = output.split("\n")[0].split("  ")
        assert stage == "begun"
        code, output = uketsuke("handover", decision, check)
        assert code == 0, output
        assert len(list(results.glob("OQSsiquc01res_face_*.xml"))) == (1 if decision == "again" else 0)
        assert uketsuke("handover", "waiting")[1].strip() == "waiting: 0"
        assert uketsuke("ledger", "verify", "--files", str(results))[0] == 0
    finally:
        server.close()


def test_crash_report_contains_no_local_variables(state: Path) -> None:
    script = (
        "import sys; from terminal.cli import entry, ledger\n"
        "def fail(*a, **k):\n"
        "    secret = 'canary-7391'\n"
        "    raise KeyError(secret)\n"
        "ledger.settings_or_exit = fail\n"
        "sys.argv = ['uketsuke', 'ledger', 'verify']\n"
        "entry.main()\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 70
    assert "KeyError" in result.stderr
    assert "canary" not in result.stdout + result.stderr


def test_pin_demo_writes_json_and_valid_ledger(tmp_path: Path, uketsuke: Uketsuke) -> None:
    code, output = uketsuke("demo", "--auto", "--persona", "pin-right", "--json", str(tmp_path / "out.json"))
    assert code == 0, output
    assert "1 of 1 personas ended as expected." in output
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    keys = {"persona", "ok", "way", "asked", "flags", "tries_spent", "result_file", "seconds"}
    assert keys <= set(report[0])
    assert Path(report[0]["result_file"]).exists()
    code, output = uketsuke("ledger", "verify")
    assert code == 0
    assert "5 records" in output
    code, output = uketsuke("ledger", "verify", "--files", str(Path(report[0]["result_file"]).parent))
    assert code == 0
    assert "1 result file matches the ledger" in output
    _, output = uketsuke("ledger", "show")
    assert "delivered" in output
    export_file = tmp_path / "ledger.jsonl"
    code, output = uketsuke("ledger", "export", str(export_file))
    assert code == 0
    assert "5 records of terminal-" in output
    assert json.loads(export_file.read_text(encoding="utf-8").splitlines()[-1])["hash"] in output
    code, output = uketsuke("ledger", "export", str(export_file))
    assert code == 1
    assert "will not be overwritten" in output


def test_version_is_printed_without_importing_typer() -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "terminal.cli.entry", "--version"], capture_output=True, text=True
    )
    assert result.stdout == f"uketsuke {VERSION}\n"
    assert "typer" not in result.stderr


def test_missing_optional_dependency_error_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')")
    result = subprocess.run(
        [sys.executable, "-m", "terminal.cli.entry", "stub", "--in-memory"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert result.returncode == 1
    assert result.stderr == 'uketsuke: this command requires an optional dependency: pip install "uketsuke[service]"\n'
