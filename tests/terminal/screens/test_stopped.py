"""Test that SIGTERM during a reception restores the console and clears the patient's screen."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

_PROGRAM = """
import asyncio, sys
from pathlib import Path
from config.settings import Settings
from terminal.front.assembled import AssembledCounter
from terminal.screens.app import TerminalApp
from terminal.screens.program import run_app
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_for

async def open_counter():
    counter = StandIn()
    counter.new_patient()
    counter.set_state(state_for("pin"))
    return AssembledCounter(counter)

sys.exit(run_app(TerminalApp(open_counter, Settings(), simulated=True), Path(sys.argv[1]) / "terminal.log"))
"""
_PIN_QUESTION = "暗証番号".encode()
_ALTERNATE_SCREEN, _MOUSE, _CURSOR = b"\x1b[?1049", b"\x1b[?1000", b"\x1b[?25"
"""Terminal mode prefixes, followed by `h` (on) or `l` (off)."""


def last_setting(output: bytes, mode: bytes) -> bytes:
    """Return the last setting of a mode, `h` or `l`."""
    at = output.rindex(mode) + len(mode)
    return output[at : at + 1]


def test_sigterm_restores_console(tmp_path: Path) -> None:
    primary, secondary = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
        start_new_session=True,
    )
    os.close(secondary)
    output, deadline, terminated = b"", time.monotonic() + 90, False
    while time.monotonic() < deadline and program.poll() is None:
        if select.select([primary], [], [], 0.2)[0]:
            try:
                output += os.read(primary, 65536)
            except OSError:
                break
        if not terminated and _PIN_QUESTION in output:
            program.terminate()
            terminated = True
    program.wait(30)
    while select.select([primary], [], [], 0)[0]:
        try:
            output += os.read(primary, 65536)
        except OSError:
            break
    os.close(primary)
    assert terminated, "the PIN screen was not drawn"
    assert program.returncode == 0
    assert last_setting(output, _ALTERNATE_SCREEN) == b"l"
    assert last_setting(output, _MOUSE) == b"l"
    assert last_setting(output, _CURSOR) == b"h"
    assert _PIN_QUESTION not in output[output.rindex(_ALTERNATE_SCREEN) :]
