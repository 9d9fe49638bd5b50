"""Serving the page before the terminal is ready."""

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
from terminal.front.assembled import AssembledCounter
from tests.terminal.counter_web.stage import PageStage
from tests.terminal.counter_web.test_access import Visitor, receive
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_for

HEAVY = ("babel", "cryptography", "cv2", "httpx", "numpy", "terminal.conductor", "terminal.session", "terminal.talk")


def test_serving_the_page_imports_no_heavy_library() -> None:
    program = (
        "import sys, terminal.cli.demo, terminal.counter_web.program, terminal.simulated.demo.dock_door\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not result.stdout.strip()


@pytest.fixture
def loading_stage(tmp_path: Path) -> Iterator[PageStage]:
    with PageStage(Settings(state_dir=tmp_path), load_later=True) as stage:
        yield stage


def test_page_opened_during_startup_waits_for_the_terminal(loading_stage: PageStage) -> None:
    visitor = Visitor(loading_stage)
    assert visitor.http.get("/").status_code == 200
    assert visitor.http.get("/door").status_code == 503, "the page would not retry"
    assert visitor.enter().status_code == 204
    with visitor.connect() as socket:
        socket.send(json.dumps({"type": "touch", "serial": 0, "offer": "help"}))
        loading_stage.counter.set_state(state_for("idle-out-of-service"))
        loading_stage.load()
        talk = receive(socket, "talk")["talk"]
        while talk["state"] == "Starting":
            talk = receive(socket, "talk")["talk"]
        assert talk["body"]["code"] == "U-502"
    assert not loading_stage.counter.posted
    visitor.http.close()


def test_demo_prints_its_address_first_and_can_be_stopped_during_startup(tmp_path: Path) -> None:
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
    class FailingConductor(StandIn):
        async def run(self) -> None:
            raise RuntimeError("the reader thread ended")

    async def open_counter() -> AssembledCounter:
        return AssembledCounter(FailingConductor(), None)

    settings = Settings(state_dir=tmp_path)
    terminal = WebTerminal(open_counter, settings, patient_site(settings, 0, lambda _: None), simulated=True)
    with pytest.raises(RuntimeError, match="thread ended"):
        asyncio.run(terminal.run())
