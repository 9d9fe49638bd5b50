"""The helper that runs the daemon says what is missing."""

from pathlib import Path

import pytest

from reader.softcard import pcscd as module
from reader.softcard.pcscd import Pcscd, PcscdError


def test_without_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: None)
    with pytest.raises(PcscdError, match="install the packages pcscd and vsmartcard-vpcd"):
        Pcscd().start()


def test_without_the_virtual_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: "/usr/sbin/pcscd")
    monkeypatch.setattr(module, "VPCD_CONFIG", tmp_path / "nowhere")
    with pytest.raises(PcscdError, match="install vsmartcard-vpcd"):
        Pcscd().start()


@pytest.mark.pcscd
def test_one_user_at_a_time(pcscd: Pcscd) -> None:
    with pytest.raises(PcscdError, match="another process"), Pcscd(lock_timeout=0.2):
        pass
