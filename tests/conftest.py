"""Isolate tests from the user's state and settings, and group them for parallel runs."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reader.softcard.pcscd import use_own_socket

# No deadline, because CI machines are slow. CI derandomizes to make failures reproducible.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, max_examples=20)  # `make quick`
settings.load_profile("ci" if os.environ.get("CI") else "here")

ROOT = Path(__file__).parent

# Each test process has its own pcscd, so that two can run at the same time.
use_own_socket()


@pytest.fixture(scope="session")
def _home_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an iterator of home folders, one per test. `tmp_path_factory.mktemp` takes longer than most tests."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _isolated_state(_home_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home = next(_home_folders)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "UKETSUKE_CONFIG", "UKETSUKE_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests in parallel, except those that share pcscd, the session's face engine or a browser."""
    for item in items:
        if item.get_closest_marker("pcscd"):
            item.add_marker(pytest.mark.xdist_group("pcscd"))
        elif item.path.is_relative_to(ROOT / "vision"):
            item.add_marker(pytest.mark.xdist_group("vision"))
        elif "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
