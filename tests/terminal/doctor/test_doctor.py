"""`uketsuke doctor`: grades and remedies, and the isolation of checks from each other."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from config.settings import Profile, Settings
from consent.ledger import Ledger
from consent.records import Opened
from reader.authenticity import dump_trust_anchors
from terminal.assembly import ledger_path
from terminal.cli.main import app
from terminal.doctor import clock, devices, files, service, staff, trust
from terminal.doctor.checks import CHECKS
from terminal.doctor.examination import DoctorCheck, examine, worst_grade
from terminal.doctor.finding import Finding, Grade, passed
from terminal.doctor.running import running_process_id
from terminal.qualification.keys import SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.pki import create_tls_files
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from terminal.simulated.service.people import fictitious_people
from terminal.staff_password import save_password
from terminal.staff_web.certificates import keys_folder, make_server

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def with_changes(settings: Settings, **sections: dict[str, Any]) -> Settings:
    values = settings.model_dump()
    for section, changes in sections.items():
        values[section] |= changes
    return Settings.model_validate(values)


@pytest.fixture(autouse=True)
def _accept_slow_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept low frame rates, because test machines can be busy."""
    monkeypatch.setattr(devices, "_MIN_RATE", 0.0)


@pytest.fixture
def ready(counter: DemoCounter, tmp_path: Path) -> Settings:
    """Settings of an enrolled terminal with a camera, trust anchors and a staff password."""
    anchors = tmp_path / "anchors.json"
    anchors.write_text(dump_trust_anchors(counter.props.authority.trust_anchors))
    counter.settings.state_dir.chmod(0o700)
    save_password(counter.settings, "280417")
    return with_changes(
        counter.settings,
        reader={"trust_anchors": [anchors]},
        vision={"camera": clip(tmp_path / "ready.avi", 120)},
        service={"timeout_seconds": 20},
    )


@pytest.fixture
def ledger(ready: Settings) -> Iterator[Ledger]:
    with Ledger.open(ledger_path(ready), ready.service.terminal_id, clock=lambda: datetime.now(UTC)) as ledger:
        yield ledger


def test_checks_without_hardware_pass_on_ready_terminal(ready: Settings) -> None:
    checks = [check for check in CHECKS if check.name not in ("pcscd", "reader")]
    results = examine(ready, checks)
    assert [(result.check, result.finding) for result in results if result.finding.grade is not Grade.OK] == []
    messages = {result.check: result.finding.text for result in results}
    assert "640x480" in messages["camera"]
    assert "SIMULATED" in messages["service"]
    assert "accepts terminal-1" in messages["service"]
    assert "s from the service's" in messages["clock"]
    assert not any(result.finding.remedy for result in results)


# --- independent checks ---------------------------------------------------------------------------------------


def test_hanging_and_failing_checks_do_not_stop_other_checks(ready: Settings) -> None:
    release = threading.Event()

    def hang(_settings: Settings) -> Finding:
        release.wait(60)
        return passed("too late")

    def fail(_settings: Settings) -> Finding:
        raise KeyError("canary-7391")

    started = time.monotonic()
    results = examine(
        ready,
        [
            DoctorCheck("a", hang, 0.2, "restart it"),
            DoctorCheck("b", fail),
            DoctorCheck("c", lambda _: passed("works")),
        ],
    )
    release.set()
    assert time.monotonic() - started < 30
    hanging, failing, good = (result.finding for result in results)
    assert (hanging.grade, hanging.remedy) == (Grade.BAD, "restart it")
    assert failing.grade is Grade.BAD
    assert "KeyError" in failing.text
    assert "canary" not in failing.text + failing.remedy
    assert good == passed("works")
    assert worst_grade(results) is Grade.BAD
    assert worst_grade(results[2:]) is Grade.OK


# --- devices --------------------------------------------------------------------------------------------------


def run_doctor_on_new_computer(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `doctor` in a separate process that finds no pcscd, camera, state folder or service."""
    environment = {
        **os.environ,
        "PCSCLITE_CSOCK_NAME": str(tmp_path / "no-pcscd"),
        "UKETSUKE_STATE_DIR": str(tmp_path / "nothing-here"),
        "UKETSUKE_VISION__CAMERA": "/dev/video97",
        "UKETSUKE_SERVICE__URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-c", "from terminal.cli.entry import main; main()", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def test_doctor_lists_everything_missing_on_new_computer(tmp_path: Path) -> None:
    completed = run_doctor_on_new_computer(tmp_path)
    assert completed.returncode == 1
    assert completed.stderr == ""
    lines = [line for line in completed.stdout.splitlines() if not line.startswith(" ")]
    grades = {line[6:20].strip(): line[:4].strip() for line in lines}
    assert list(grades) == [check.name for check in CHECKS]
    assert {name for name, grade in grades.items() if grade == "BAD"} == {"pcscd", "reader", "camera", "service"}
    assert grades["state folder"] == "WARN"
    for remedy in ("pcscd.socket", "vision.camera", "uketsuke stub"):
        assert remedy in completed.stdout
    assert "/dev/video97" in completed.stdout
    assert not (tmp_path / "nothing-here").exists(), "doctor must not create the state folder"


def test_json_report_lists_every_check(tmp_path: Path) -> None:
    completed = run_doctor_on_new_computer(tmp_path, "--json")
    assert completed.returncode == 1
    report = json.loads(completed.stdout)
    assert report["ok"] is False
    assert report["grade"] == "BAD"
    assert [set(check) for check in report["checks"]] == [{"check", "grade", "said", "remedy"}] * len(CHECKS)
    assert all(bool(check["remedy"]) == (check["grade"] != "OK") for check in report["checks"])


def clip(path: Path, level: int, size: tuple[int, int] = (640, 480)) -> str:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, size)
    for _ in range(20):
        writer.write(np.full((size[1], size[0], 3), level, np.uint8))
    writer.release()
    return str(path)


def test_camera_check_reports_size_format_and_rate(tmp_path: Path, ready: Settings) -> None:
    def check(camera: str) -> Finding:
        return devices.camera(with_changes(ready, vision={"camera": camera}))

    grey = check(clip(tmp_path / "grey.avi", 120))
    assert grey.grade is Grade.OK
    assert ": 640x480, MJPG, 25 frames per second" in grey.text
    dark = check(clip(tmp_path / "dark.avi", 0))
    assert (dark.grade, "dark" in dark.text) == (Grade.WARN, True)
    small = check(clip(tmp_path / "small.avi", 120, (320, 240)))
    assert (small.grade, "320x240" in small.text) == (Grade.WARN, True)
    assert "no such file" in check("nowhere.avi").text
    assert check("synthetic:nobody").grade is Grade.BAD


def test_camera_in_use_by_running_terminal_is_not_opened(ready: Settings, ledger: Ledger) -> None:
    finding = devices.camera(with_changes(ready, vision={"camera": "/dev/video97"}))
    assert finding.grade is Grade.OK
    assert f"process {os.getpid()}" in finding.text


# --- service and clock ----------------------------------------------------------------------------------------


def test_terminal_unknown_to_service_is_reported(counter: DemoCounter, ready: Settings) -> None:
    terminal_key_path(ready.state_dir).unlink()
    not_enrolled = service.service(ready)
    assert "not enrolled" in not_enrolled.text
    assert "uketsuke enrol" in not_enrolled.remedy
    assert not terminal_key_path(ready.state_dir).exists(), "doctor must not create a key"
    SigningKey.load_or_create(terminal_key_path(ready.state_dir))
    unknown = service.service(ready)
    assert unknown.grade is Grade.BAD
    assert "does not accept this terminal" in unknown.text


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "damaged"), ('{"terminal_id": "other", "service_public_key": "", "simulated": true}', "enrolled as other")],
)
def test_damaged_or_mismatched_enrolment_is_reported(ready: Settings, text: str, message: str) -> None:
    enrolment_path(ready.state_dir).write_text(text)
    finding = service.service(ready)
    assert (finding.grade, message in finding.text) == (Grade.BAD, True)


def test_simulated_service_refuses_real_enrolment(ready: Settings) -> None:
    path = enrolment_path(ready.state_dir)
    path.write_text(path.read_text().replace('"simulated": true', '"simulated": false'))
    assert "this one is simulated" in service.service(ready).text


def test_service_check_uses_configured_timeout(counter: DemoCounter, ready: Settings) -> None:
    counter.stub.set_rule(Operation.CHALLENGE, Rule(mode=ResponseMode.SILENT))
    ready = with_changes(ready, service={"timeout_seconds": 0.5})
    silent = service.service(ready)
    assert silent.grade is Grade.BAD
    assert "no response within 0.5 seconds" in silent.text
    finding = clock.clock(ready)
    assert finding.grade is Grade.OK
    assert "did not answer" in finding.text


def test_plain_http_to_another_host_is_refused(ready: Settings) -> None:
    finding = service.service(with_changes(ready, service={"url": "http://example.com"}))
    assert "use https" in finding.text


@pytest.mark.parametrize(
    ("difference", "grade"), [(0, Grade.OK), (19, Grade.OK), (45, Grade.WARN), (600, Grade.BAD), (-600, Grade.BAD)]
)
def test_clock_is_compared_with_service_clock(difference: int, grade: Grade) -> None:
    assert clock.grade_clock(NOW, NOW + timedelta(seconds=difference), None).grade is grade


def test_clock_behind_ledger_is_reported(ready: Settings, ledger: Ledger) -> None:
    assert clock.grade_clock(datetime(1970, 1, 2, tzinfo=UTC), None, None).grade is Grade.BAD
    os.utime(ledger_path(ready), (time.time() + 86_400,) * 2)
    finding = clock.clock(ready)
    assert (finding.grade, "earlier than existing files" in finding.text) == (Grade.BAD, True)


# --- certificates ---------------------------------------------------------------------------------------------


def test_tls_certificates_are_checked(ready: Settings) -> None:
    folder, created = ready.state_dir / "terminal" / "line", datetime.now(UTC)
    create_tls_files(folder, terminals=(ready.service.terminal_id,))
    finding = trust.certificates(ready)
    assert finding.grade is Grade.OK
    assert any(f"{day + timedelta(days=825):%Y-%m-%d}" in finding.text for day in (created, datetime.now(UTC)))
    (folder / "terminal-1.key").write_text("not a key")
    assert trust.certificates(ready).grade is Grade.BAD


@pytest.mark.parametrize(("days", "grade"), [(-1, Grade.BAD), (10, Grade.WARN), (100, Grade.OK)])
def test_certificate_expiry_is_graded(days: int, grade: Grade) -> None:
    finding = trust.grade_certificates(
        {"a.pem": NOW + timedelta(days=900), "b.pem": NOW + timedelta(days=days, hours=1)}, NOW
    )
    assert finding.grade is grade


def test_staff_page_certificate_problems_are_reported(ready: Settings) -> None:
    assert staff.staff_page(ready).text == "on this computer only"
    lan = with_changes(ready, staff={"lan_address": "192.0.2.10"})
    missing = staff.staff_page(lan)
    assert (missing.grade, "authority.pem" in missing.text) == (Grade.BAD, True)
    assert "uketsuke staff certificate" in missing.remedy
    make_server(ready, ("192.0.2.10", "counter"))
    assert staff.staff_page(lan).grade is Grade.OK
    other = staff.staff_page(with_changes(ready, staff={"lan_address": "192.0.2.11"}))
    assert other.grade is Grade.BAD
    assert other.text == "the certificate is for 192.0.2.10, counter, not for 192.0.2.11"
    folder = keys_folder(ready.state_dir)
    (folder / "authority.key").chmod(0o644)
    readable = staff.staff_page(lan)
    assert (readable.grade, readable.remedy) == (Grade.WARN, f"chmod 600 {folder / 'authority.key'}")
    (folder / "server.key").write_text("not a key")
    assert staff.staff_page(lan).grade is Grade.BAD


@pytest.mark.parametrize(
    ("authority", "server", "grade"), [(-1, 400, Grade.BAD), (400, -1, Grade.BAD), (400, 10, Grade.WARN)]
)
def test_staff_page_certificate_expiry_is_graded(authority: int, server: int, grade: Grade) -> None:
    finding = staff.expiring_certificate(
        {"authority": NOW + timedelta(days=authority), "server": NOW + timedelta(days=server, hours=1)}, NOW
    )
    assert finding is not None
    assert finding.grade is grade
    assert ("import the file everywhere" in finding.remedy) == (authority < 0)


def test_trust_anchor_problems_are_reported(ready: Settings, tmp_path: Path) -> None:
    assert trust.trust_anchors(ready).grade is Grade.OK
    no_anchors: dict[str, Any] = {"trust_anchors": []}
    without_anchors = trust.trust_anchors(with_changes(ready, reader=no_anchors))
    assert (without_anchors.grade, "only the PIN" in without_anchors.text) == (Grade.WARN, True)
    policies = (("where-possible", Grade.WARN, "asks for the PIN"), ("always", Grade.BAD, "always requires it"))
    for policy, grade, message in policies:
        with_pin = with_changes(ready, reader=no_anchors, vision={"also_pin": policy})
        assert (trust.trust_anchors(with_pin).grade, message in trust.trust_anchors(with_pin).text) == (grade, True)
    unchecked = trust.trust_anchors(with_changes(ready, reader=no_anchors | {"require_genuine_record": False}))
    assert "forged photos" in unchecked.text
    missing = trust.trust_anchors(with_changes(ready, reader={"trust_anchors": [tmp_path / "gone.json"]}))
    assert (missing.grade, "gone.json" in missing.text) == (Grade.BAD, True)


# --- folders, ledger and backlog ------------------------------------------------------------------------------


def test_folder_problems_are_reported(ready: Settings, tmp_path: Path) -> None:
    assert files.state_folder(ready).grade is Grade.OK
    ready.state_dir.chmod(0o755)
    assert "can read it" in files.state_folder(ready).text
    share = tmp_path / "share"
    results = with_changes(ready, handover={"folder": share})
    assert "does not exist" in files.results_folder(results).text
    share.write_text("a file")
    assert "is not a folder" in files.results_folder(results).text
    share.unlink()
    share.mkdir()
    assert files.results_folder(results).grade is Grade.OK
    assert list(share.iterdir()) == [], "the check left files in the receipt computer's folder"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which not even root can write")
def test_unwritable_folder_is_reported(ready: Settings) -> None:
    finding = files._check_folder(Path("/proc"), Path("/proc"))
    assert (finding.grade, "is not writable" in finding.text) == (Grade.BAD, True)


@pytest.mark.parametrize(("free", "grade"), [(10, Grade.BAD), (200, Grade.WARN), (5000, Grade.OK)])
def test_free_disk_space_is_graded(free: int, grade: Grade) -> None:
    assert files.grade_free_space(Path("x"), free * 1_000_000).grade is grade


def test_ledger_state_is_reported(ready: Settings, ledger: Ledger) -> None:
    ledger.opened(_opened())
    finding = files.ledger(ready)
    assert (finding.grade, f"process {os.getpid()}" in finding.text) == (Grade.OK, True)
    other = files.ledger(with_changes(ready, service={"terminal_id": "terminal-2"}))
    assert (other.grade, "terminal-1" in other.text) == (Grade.BAD, True)
    ledger.close()
    assert running_process_id(ledger_path(ready)) is None
    assert "no terminal is running" in files.ledger(ready).text
    _tamper(ledger_path(ready))
    broken = files.ledger(ready)
    assert (broken.grade, "record 1" in broken.text) == (Grade.BAD, True)


def _opened() -> Opened:
    return Opened(check_id="check-1", reception_id="r1", card="0" * 64, profile=Profile.CLINIC, way="pin")


def _tamper(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER forbid_record_update")
        connection.execute("UPDATE record SET body = replace(body, 'check-1', 'check-2') WHERE sequence = 1")
    connection.close()


def test_interrupted_reception_counts_as_backlog(ready: Settings, ledger: Ledger) -> None:
    ledger.opened(_opened())
    assert files.backlog(ready).text == "empty", "a running reception counted as backlog"
    ledger.close()
    assert files.backlog(ready).text.startswith("1 to send")


@pytest.mark.parametrize(("minutes", "grade"), [(1, Grade.OK), (30, Grade.WARN), (900, Grade.BAD)])
def test_backlog_is_graded_by_age(minutes: int, grade: Grade) -> None:
    assert files.grade_backlog([NOW - timedelta(minutes=minutes), NOW], NOW).grade is grade


def test_doctor_prints_no_patient_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("UKETSUKE_VISION__CAMERA", "synthetic:hana")
    demo = CliRunner().invoke(app, ["demo", "--auto", "--persona", "pin-right"])
    assert demo.exit_code == 0, demo.output
    report = CliRunner().invoke(app, ["doctor"]).output
    assert "intact, 5 records" in report
    person = fictitious_people()["adult"].qualifications[0]
    result = next((tmp_path / "state" / "results").glob("*.xml")).name
    assert person.name is not None
    assert person.insured_identification_number is not None
    for secret in (person.name, str(person.birth_date), person.insured_identification_number, result, "1234"):
        assert secret not in report
