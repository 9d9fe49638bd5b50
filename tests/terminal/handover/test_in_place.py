"""Delivery in place, for receipt computers that watch for changed files."""

import os
import threading
import time
from pathlib import Path

import pytest

from terminal.handover import placing
from terminal.handover.folder import (
    WORK_FOLDER,
    AlreadyThere,
    DeliveryFailure,
    FileDelivered,
    NotDelivered,
    ResultFolder,
)

NAME, DATA = "OQSsiquc01res_face_1.xml", b"<XmlMsg>" + b"x" * 5000 + b"</XmlMsg>"


def test_file_is_created_empty_and_then_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    done, seen = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            if (tmp_path / NAME).exists():
                sizes.append((tmp_path / NAME).stat().st_size)
                seen.set()

    def pause(seconds: float) -> None:
        """Wait until the watcher has seen the file, however slow the computer is."""
        assert seconds == placing.BEFORE_CHANGE
        assert seen.wait(60)

    monkeypatch.setattr(time, "sleep", pause)
    watcher = threading.Thread(target=watch)
    watcher.start()
    delivery = ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA)
    done.set()
    watcher.join()
    assert isinstance(delivery, FileDelivered)
    assert sizes[0] == 0, "the watcher saw the file while it was empty"
    assert (tmp_path / NAME).read_bytes() == DATA
    assert list((tmp_path / WORK_FOLDER).glob("*.part")) == []


@pytest.mark.parametrize("left", [b"", DATA[:100]])
def test_partial_file_left_by_a_crash_is_rewritten(
    tmp_path: Path, left: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "BEFORE_CHANGE", 0.0)
    (tmp_path / NAME).write_bytes(left)
    assert isinstance(ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA), FileDelivered)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_other_file_of_the_same_name_is_kept(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"another")
    assert ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA) == AlreadyThere(tmp_path / NAME, same=False)
    assert (tmp_path / NAME).read_bytes() == b"another"


def test_full_disk_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is space for the work file but not for the file itself."""
    real, written = os.write, list[int]()

    def full(descriptor: int, data: bytes) -> int:
        written.append(real(descriptor, data[:100] if written else data))
        if len(written) > 1:
            raise OSError(28, "No space left on device")
        return written[0]

    monkeypatch.setattr(placing, "BEFORE_CHANGE", 0.0)
    result = ResultFolder(tmp_path, in_place=True)
    result.probe()
    monkeypatch.setattr(os, "write", full)
    assert result.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.DISK_FULL, 28)
    assert written == [len(DATA), 100]
    assert not (tmp_path / NAME).exists()
    monkeypatch.setattr(os, "write", real)
    assert isinstance(result.deliver(NAME, DATA), FileDelivered)
