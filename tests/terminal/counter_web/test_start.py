"""Starting: the page is served before the terminal is ready, and shows only the terminal's actual state."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.opened import OpenedCounter
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.counter_web.test_access import Visitor, receive
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_of

HEAVY = ("babel", "cryptography", "cv2", "httpx", "numpy", "terminal.conductor", "terminal.session", "terminal.talk")


def test_serving_the_page_loads_no_heavy_library() -> None:
    program = (
        "import sys, terminal.cli.demo, terminal.counter_web.program, terminal.simulated.demo.dock_door\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not result.stdout.strip()


@pytest.fixture
def early(tmp_path: Path) -> Iterator[PageStage]:
    with PageStage(Settings(state_dir=tmp_path), loads_later=True) as stage:
        yield stage


def test_page_opened_early_waits_for_the_terminal(early: PageStage) -> None:
    visitor = Visitor(early)
    assert visitor.http.get("/").status_code == 200
    assert visitor.http.get("/door").status_code == 503, "the page will retry"
    assert visitor.enter().status_code == 204
    with visitor.line() as line:
        line.send(json.dumps({"type": "touch", "serial": 0, "offer": "help"}))
        early.counter.set_state(state_of("idle-out-of-service"))
        early.load()
        talk = receive(line, "talk")["talk"]
        while talk["state"] == "Starting":
            talk = receive(line, "talk")["talk"]
        assert talk["body"]["code"] == "U-502"
    assert not early.counter.posted
    visitor.http.close()


def test_demo_prints_its_address_first_and_can_be_stopped_while_loading(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "terminal.cli.entry", "demo", "--web", "--no-open", "--port", "0"],
        env=os.environ | {"UKETSUKE_STATE_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#[\w-]{22}\n", program.stdout.readline())
    program.terminate()
    _, errors = program.communicate(timeout=100)
    assert program.returncode == 0, errors


def test_conductor_error_ends_the_terminal(tmp_path: Path) -> None:
    class Failing(StandIn):
        async def run(self) -> None:
            raise RuntimeError("the reader's thread has ended")

    async def opening() -> OpenedCounter:
        return OpenedCounter(Failing(), None)

    settings = Settings(state_dir=tmp_path)
    terminal = WebTerminal(opening, settings, patient_site(settings, 0, lambda _: None), simulated=True)
    with pytest.raises(RuntimeError, match="thread has ended"):
        asyncio.run(terminal.run())
