from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.simulated.demo.counter import DemoCounter
from tests.terminal.conductor.counter_fixture import Desk


@pytest.fixture(scope="session")
def authority_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys are made once for all tests of the session."""
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
    with DemoCounter(Settings(state_dir=tmp_path / "state"), timeout_seconds=1.5) as counter:
        yield counter


@pytest.fixture
def desk(counter: DemoCounter) -> Desk:
    return Desk(counter, counter.settings)
