"""Shared by all rooms: nothing of a test may touch the user's own state or settings."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "UKETSUKE_CONFIG", "UKETSUKE_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
