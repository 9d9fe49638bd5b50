"""Tests for internal errors, which must wipe secrets and report no patient data."""

import asyncio
import io
import logging
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from reader.face_record import FaceRecord
from terminal.conductor.wiped_patient_data import Patient
from terminal.front import crash
from terminal.front.log_lines import PlainFormatter
from terminal.screens.app import TerminalApp
from terminal.screens.screen import CounterScreen
from terminal.session.states import CardShown, State
from tests.terminal.screens.stage import async_test, stage
from tests.terminal.talk.gallery import SCREENS, state_for

PIN, CODE, PASSWORD = "7319", "48120620316502", "sesame-27"
NAME, PHOTO = b"CANARY-NAME-IMAGE", b"CANARY-PHOTO"
CANARIES = (PIN, CODE, PASSWORD, NAME.decode(), PHOTO.decode(), "7, 3, 1, 9")


def canary_record() -> FaceRecord:
    return FaceRecord(
        birth_date=date(1973, 4, 5),
        sex=None,
        chip_public_key=b"key",
        name_image=bytearray(NAME),
        address_image=bytearray(NAME),
        photo_jp2=bytearray(PHOTO),
        signature=b"s",
        expiry=date(2031, 1, 1),
        group_1=bytearray(NAME),
        group_2_digest=b"",
        group_3_digest=b"",
    )


def fill(patient: Patient) -> None:
    for digit in PIN:
        patient.pin.push(int(digit))
    patient.put_code(bytearray(CODE.encode()))
    patient.put_record(canary_record(), b"certificate")


class Defect(Exception):
    """Internal error whose message contains secrets."""


class BreakingApp(TerminalApp):
    """App that raises `Defect` while drawing if `broken` is set."""

    broken = False

    def break_now(self) -> None:
        pin, code, record = PIN, CODE, canary_record()
        raise Defect(f"{pin} {code} {record.name_image!r} {record.photo_jp2!r} {PASSWORD}")

    def _draw(self) -> None:
        if self.broken:
            patient = self.counter.patient if self.counter is not None else None
            local_values = (patient, PIN, CODE, PHOTO)
            assert local_values
            self.break_now()
        super()._draw()


@dataclass
class CapturedLog:
    log: io.StringIO

    def log_text(self, printed: str) -> str:
        return printed + self.log.getvalue()


@pytest.fixture
def captured() -> Iterator[CapturedLog]:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(PlainFormatter("%(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield CapturedLog(log)
    root.removeHandler(handler)


ONE_OF_EACH_STATE = list({type(state_for(name)): name for name in SCREENS}.values())


def test_gallery_covers_every_state() -> None:
    assert {type(state_for(name)) for name in ONE_OF_EACH_STATE} == {*get_args(State), CardShown}


@pytest.mark.parametrize("name", ONE_OF_EACH_STATE)
def test_crash_on_each_screen_leaks_no_patient_data(
    name: str, captured: CapturedLog, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    @async_test
    async def run_until_crash() -> None:
        async with stage(make_app=BreakingApp) as on_stage:
            await on_stage.show(state_for(name))
            patient = on_stage.counter._patient
            fill(patient)
            record = patient.record
            assert record is not None
            on_stage.app.broken = True  # type: ignore[attr-defined]
            on_stage.app.draw_soon()
            async with asyncio.timeout(60):
                while on_stage.app._exception is None:
                    await asyncio.sleep(0.005)
            assert on_stage.app.return_code == 1
            if on_stage.counter.patient is not None:
                assert patient.wiped
                assert not any(record.name_image)
                assert record.photo_jp2 is not None
                assert not any(record.photo_jp2)

    with pytest.raises(crash.Crashed) as crashed:
        run_until_crash()
    printed = capfd.readouterr()
    output = captured.log_text(printed.out + printed.err) + repr(crashed.value) + _files(tmp_path)
    assert "U-503" in output
    assert "Defect at test_crash.py" in output
    assert not [canary for canary in CANARIES if canary in output]
    assert crashed.value.__cause__ is None
    assert crashed.value.__context__ is None


def _files(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_forget_clears_tracebacks_of_chained_errors() -> None:
    try:
        try:
            raise Defect(PIN)
        except Defect as inner:
            raise ValueError(CODE) from inner
    except ValueError as error:
        caught = error
    crash.clear_tracebacks(caught)
    assert caught.__traceback__ is None
    assert caught.__cause__ is not None
    assert caught.__cause__.__traceback__ is None


def test_error_in_a_widget_leaks_no_patient_data(monkeypatch: pytest.MonkeyPatch, captured: CapturedLog) -> None:
    def broken(*_args: object) -> None:
        raise Defect(PIN + CODE)

    @async_test
    async def run_until_crash() -> None:
        async with stage() as on_stage:
            monkeypatch.setattr(CounterScreen, "show", broken)
            on_stage.counter.set_state(state_for("pin"))
            async with asyncio.timeout(60):
                while on_stage.app._exception is None:
                    await asyncio.sleep(0.005)

    with pytest.raises(crash.Crashed):
        run_until_crash()
    assert "Defect" in captured.log.getvalue()
    assert not [canary for canary in CANARIES if canary in captured.log.getvalue()]


def test_log_contains_only_type_and_location_of_an_error() -> None:
    record: Any = None
    try:
        raise Defect(PIN)
    except Defect:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = PlainFormatter("%(message)s").format(record)
    assert line.startswith("failed [Defect at test_crash.py:")
    assert PIN not in line


def test_event_loop_errors_are_logged_without_their_message(captured: CapturedLog) -> None:
    loop = asyncio.new_event_loop()
    crash.on_loop_error(loop, {"message": PIN, "exception": Defect(PIN), "task": PIN})
    loop.close()
    assert "event loop: Defect" in captured.log.getvalue()
    assert PIN not in captured.log.getvalue()


_PROGRAM = """
import asyncio, sys
from pathlib import Path
from config.settings import Settings
from terminal.front.assembled import AssembledCounter
from terminal.screens.program import run_app
from tests.terminal.talk.gallery import state_for
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.screens.test_crash import BreakingApp, fill

async def opening():
    counter = StandIn()
    fill(counter.new_patient())
    async def break_soon():
        await asyncio.sleep(0.3)
        counter.set_state(state_for("pin"))
        await asyncio.sleep(0.3)
        app.broken = True
        app.draw_soon()
    asyncio.get_running_loop().break_soon = asyncio.ensure_future(break_soon())
    return AssembledCounter(counter)

app = BreakingApp(opening, Settings(), simulated=True)
sys.exit(run_app(app, Path(sys.argv[1]) / "terminal.log"))
"""


def test_program_crash_in_a_real_terminal(tmp_path: Path) -> None:
    """Run the complete program and check terminal output, log and files."""
    primary, secondary = pty.openpty()
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        cwd=tmp_path,
        env=environment,
        start_new_session=True,
    )
    os.close(secondary)
    screen = _read_output(primary, program).decode("utf-8", errors="replace")
    assert program.returncode == 1
    assert "U-503" in screen
    assert "Defect" in (tmp_path / "terminal.log").read_text()
    assert (tmp_path / "terminal.log").stat().st_mode & 0o777 == 0o600
    assert not [canary for canary in CANARIES if canary in screen + _files(tmp_path)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["terminal.log"]


def _read_output(primary: int, program: "subprocess.Popen[bytes]") -> bytes:
    output, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([primary], [], [], 0.2)
        if ready:
            try:
                output += os.read(primary, 65536)
            except OSError:
                break
        elif program.poll() is not None:
            break
    program.wait(60)
    os.close(primary)
    return output


def test_core_dumps_are_disabled() -> None:
    checks = (
        "import resource, ctypes\n"
        "from terminal.front.crash import disable_core_dumps\n"
        "disable_core_dumps()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0\n"
    )
    subprocess.run([sys.executable, "-c", checks], check=True, cwd=Path(__file__).parents[3])
