"""A receipt computer that waits for files to change: nothing is moved in, the file itself is written."""

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


def test_the_file_is_new_first_and_changes_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    done, seen = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            if (tmp_path / NAME).exists():
                sizes.append((tmp_path / NAME).stat().st_size)
                seen.set()

    def pause(seconds: float) -> None:
        """As long as a watcher on a slow computer takes."""
        assert seconds == placing.BEFORE_CHANGE
        assert seen.wait(60)

    monkeypatch.setattr(time, "sleep", pause)
    watcher = threading.Thread(target=watch)
    watcher.start()
    delivery = ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA)
    done.set()
    watcher.join()
    assert isinstance(delivery, FileDelivered)
    assert sizes[0] == 0, "a watcher saw it appear before it had anything in it"
    assert (tmp_path / NAME).read_bytes() == DATA
    assert list((tmp_path / WORK_FOLDER).glob("*.part")) == []


@pytest.mark.parametrize("left", [b"", DATA[:100]])
def test_what_a_crash_left_is_written_again(tmp_path: Path, left: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "BEFORE_CHANGE", 0.0)
    (tmp_path / NAME).write_bytes(left)
    assert isinstance(ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA), FileDelivered)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_another_file_of_that_name_stays(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"another")
    assert ResultFolder(tmp_path, in_place=True).deliver(NAME, DATA) == AlreadyThere(tmp_path / NAME, same=False)
    assert (tmp_path / NAME).read_bytes() == b"another"


def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had room for the work file, and has none for the file itself."""
    genuine, written = os.write, list[int]()

    def full(descriptor: int, data: bytes) -> int:
        written.append(genuine(descriptor, data[:100] if written else data))
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
    monkeypatch.setattr(os, "write", genuine)
    assert isinstance(result.deliver(NAME, DATA), FileDelivered)
