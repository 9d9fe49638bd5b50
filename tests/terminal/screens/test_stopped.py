"""The system ends the program in the middle of a reception: the window is left clean, and nothing stays on it."""

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
from terminal.front.opened import OpenedCounter
from terminal.screens.app import TerminalApp
from terminal.screens.program import run_app
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_of

async def opening():
    counter = StandIn()
    counter.new_patient()
    counter.be(state_of("pin"))
    return OpenedCounter(counter)

sys.exit(run_app(TerminalApp(opening, Settings(), simulated=True), Path(sys.argv[1]) / "terminal.log"))
"""
_ASKED = "暗証番号".encode()
_OTHER_SCREEN, _MOUSE, _HIDDEN_CURSOR = b"\x1b[?1049", b"\x1b[?1000", b"\x1b[?25"
"""Each is switched on by `h` and off by `l`; a cursor is shown by `h`."""


def last(painted: bytes, mode: bytes) -> bytes:
    """How a mode was switched last."""
    at = painted.rindex(mode) + len(mode)
    return painted[at : at + 1]


def test_sigterm_leaves_a_clean_window(tmp_path: Path) -> None:
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
    painted, until, told = b"", time.monotonic() + 90, False
    while time.monotonic() < until and program.poll() is None:
        if select.select([primary], [], [], 0.2)[0]:
            try:
                painted += os.read(primary, 65536)
            except OSError:
                break
        if not told and _ASKED in painted:
            program.terminate()
            told = True
    program.wait(30)
    while select.select([primary], [], [], 0)[0]:
        try:
            painted += os.read(primary, 65536)
        except OSError:
            break
    os.close(primary)
    assert told, "the PIN screen was never painted"
    assert program.returncode == 0
    assert last(painted, _OTHER_SCREEN) == b"l"
    assert last(painted, _MOUSE) == b"l"
    assert last(painted, _HIDDEN_CURSOR) == b"h"
    assert _ASKED not in painted[painted.rindex(_OTHER_SCREEN) :]
