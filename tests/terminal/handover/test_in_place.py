"""Delivery in place, for receipt computers that watch for changed files."""

import os
import threading
import time
from pathlib import Path

import pytest

from terminal.handover import file_operations
from terminal.handover.folder import (
    WORK_FOLDER,
    DeliveryFailure,
    FileDelivered,
    NotDelivered,
    ResultFolder,
    TargetExists,
)

NAME, DATA = "OQSsiquc01res_face_1.xml", b"<XmlMsg>" + b"x" * 5000 + b"</XmlMsg>"


def test_empty_file_is_created_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    done, file_found = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            if (tmp_path / NAME).exists():
                sizes.append((tmp_path / NAME).stat().st_size)
                file_found.set()

    def pause(seconds: float) -> None:
        """Wait until the watcher has found the file, instead of sleeping."""
        assert seconds == file_operations.PAUSE_BEFORE_WRITE
        assert file_found.wait(60)

    monkeypatch.setattr(time, "sleep", pause)
    watcher = threading.Thread(target=watch)
    watcher.start()
    delivery = ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA)
    done.set()
    watcher.join()
    assert isinstance(delivery, FileDelivered)
    assert sizes[0] == 0, "the watcher did not see the empty file"
    assert (tmp_path / NAME).read_bytes() == DATA
    assert list((tmp_path / WORK_FOLDER).glob("*.part")) == []


@pytest.mark.parametrize("leftover", [b"", DATA[:100]])
def test_partial_file_left_by_crash_is_rewritten(
    tmp_path: Path, leftover: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_operations, "PAUSE_BEFORE_WRITE", 0.0)
    (tmp_path / NAME).write_bytes(leftover)
    assert isinstance(ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA), FileDelivered)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_different_file_with_same_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"another")
    assert ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA) == TargetExists(tmp_path / NAME, same=False)
    assert (tmp_path / NAME).read_bytes() == b"another"


def test_full_disk_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has space for the work file but not the result file."""
    original, sizes = os.write, list[int]()

    def fail_with_disk_full(descriptor: int, data: bytes) -> int:
        sizes.append(original(descriptor, data[:100] if sizes else data))
        if len(sizes) > 1:
            raise OSError(28, "No space left on device")
        return sizes[0]

    monkeypatch.setattr(file_operations, "PAUSE_BEFORE_WRITE", 0.0)
    folder = ResultFolder(tmp_path, in_place=True)
    folder.probe()
    monkeypatch.setattr(os, "write", fail_with_disk_full)
    assert folder.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.DISK_FULL, 28)
    assert sizes == [len(DATA), 100]
    assert not (tmp_path / NAME).exists()
    monkeypatch.setattr(os, "write", original)
    assert isinstance(folder.deliver(NAME, DATA), FileDelivered)
