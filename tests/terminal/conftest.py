"""Fixtures for terminal tests: a counter with a stub service, and a desk for receptions at the counter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.simulated.demo import stage
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.stubs import EmbeddedStub
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from tests.terminal.conductor.counter_fixture import Desk
from vision import camera
from vision.camera import Camera

TIMEOUT_SECONDS = 20.0
"""Timeout for the service and the camera, long enough for a slow machine."""
DISCONNECT = Rule(mode=ResponseMode.DROPPED, delay_seconds=0.5)
"""Disconnect after 0.5 s to simulate a silent service without waiting for `TIMEOUT_SECONDS`."""


@pytest.fixture(autouse=True)
def _long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(stub: EmbeddedStub, operation: Operation) -> None:
        stub.set_rule(operation, DISCONNECT)

    for constructor, parameter in ((DemoCounter.__init__, "timeout_seconds"), (Camera.__init__, "lost_after")):
        assert constructor.__kwdefaults__ is not None
        monkeypatch.setitem(constructor.__kwdefaults__, parameter, TIMEOUT_SECONDS)
    monkeypatch.setattr(camera, "_MAX_OPENING_TIME", 3 * TIMEOUT_SECONDS)
    monkeypatch.setattr(stage, "_LOST_AFTER", TIMEOUT_SECONDS)
    monkeypatch.setattr(EmbeddedStub, "silence", silence)


@pytest.fixture(scope="session")
def authority_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for the test authority's keys and the cards, shared by all tests in a session."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def counter(tmp_path: Path, authority_files: Path) -> Iterator[DemoCounter]:
    (tmp_path / "state").mkdir()
    for shared in ("test-authority", "cards"):
        (authority_files / shared).mkdir(exist_ok=True) if shared == "cards" else None
        (tmp_path / "state" / shared).symlink_to(authority_files / shared)
    if not (authority_files / "test-authority").exists():
        from reader.softcard.authority import TestAuthority

        TestAuthority.load_or_create(authority_files / "test-authority")
    with DemoCounter(Settings(state_dir=tmp_path / "state")) as counter:
        yield counter


@pytest.fixture
def desk(counter: DemoCounter) -> Desk:
    return Desk(counter, counter.settings)
