"""Deliveries to the result folder never overwrite files or leave partial or temporary ones."""

import errno
import hashlib
import os
import stat
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.platform.current import system
from terminal.handover.file_operations import move_into_folder
from terminal.handover.folder import (
    WORK_FOLDER,
    Delivery,
    DeliveryFailure,
    FileDelivered,
    NotDelivered,
    Prepared,
    ResultFolder,
    ResultOnDisk,
    TargetExists,
)
from terminal.handover.reading import read_file
from terminal.handover.result_name import result_file_name, result_file_stem

NAME = "OQSsiquc01res_face_1319999999_20261121091504.xml"
DATA = b"<XmlMsg/>" * 1000


def visible_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def work_files(folder: Path) -> list[Path]:
    return list((folder / WORK_FOLDER).glob("*.part"))


def test_file_is_delivered_completely_with_mode_0640(tmp_path: Path) -> None:
    assert ResultFolder(tmp_path).deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == DATA
    status = (tmp_path / NAME).stat()
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o640, 1)
    assert work_files(tmp_path) == []


def test_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path)
    results.deliver(NAME, DATA)
    assert results.deliver(NAME, DATA) == TargetExists(tmp_path / NAME, same=True)
    assert results.deliver(NAME, b"other") == TargetExists(tmp_path / NAME, same=False)
    assert (tmp_path / NAME).read_bytes() == DATA
    assert work_files(tmp_path) == []


def refuse_links(source: Path, target: Path) -> None:
    raise OSError(errno.EPERM, "no hard links")


def refuse_flags(source: Path, target: Path) -> None:
    raise OSError(errno.EINVAL, "no flags")


@pytest.mark.parametrize("flags", [True, False])
def test_only_one_of_many_concurrent_deliveries_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: bool
) -> None:
    if not flags:  # as on a network share, where a move is a link and an unlink
        monkeypatch.setattr(system, "rename_new", refuse_flags)
    start = threading.Barrier(8)
    outcomes: list[Delivery] = []

    def deliver(number: int) -> None:
        results = ResultFolder(tmp_path, owner=f"terminal-{number}")
        start.wait()
        outcomes.append(results.deliver(NAME, f"content {number}".encode()))

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["FileDelivered"] + ["TargetExists"] * 7
    assert visible_files(tmp_path) == [NAME]
    assert work_files(tmp_path) == []


def test_delivery_works_without_hard_links_and_rename_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refuse_links)
    monkeypatch.setattr(system, "rename_new", refuse_flags)
    results = ResultFolder(tmp_path)
    assert results.deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert results.deliver(NAME, b"other") == TargetExists(tmp_path / NAME, same=False)
    work = tmp_path / WORK_FOLDER / "terminal~x.part"
    work.write_bytes(b"late")
    with pytest.raises(FileExistsError):
        move_into_folder(work, tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_unremovable_work_file_is_emptied_and_removed_by_next_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = ResultFolder(tmp_path)
    original_unlink, original_fsync = Path.unlink, os.fsync

    def fail_to_unlink(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "read-only now")

    def fail_with_disk_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    assert results.probe() is None
    monkeypatch.setattr(os, "fsync", fail_with_disk_full)
    monkeypatch.setattr(Path, "unlink", fail_to_unlink)
    assert isinstance(results.deliver(NAME, DATA), NotDelivered)
    assert [path.read_bytes() for path in work_files(tmp_path)] == [b""]
    monkeypatch.setattr(Path, "unlink", original_unlink)
    monkeypatch.setattr(os, "fsync", original_fsync)
    assert results.deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert work_files(tmp_path) == []


def test_folder_failure_is_reported_until_it_is_resolved(tmp_path: Path) -> None:
    share = tmp_path / "share"
    results = ResultFolder(share)
    assert results.failure is None
    results.deliver(NAME, DATA)
    assert results.failure is DeliveryFailure.FOLDER_MISSING
    assert results.probe() is DeliveryFailure.FOLDER_MISSING
    share.mkdir()
    assert results.probe() is None
    assert results.failure is None
    assert visible_files(share) == []
    assert work_files(share) == []
    assert {reason.message_id for reason in DeliveryFailure} == {
        "handover.disk-full",
        "handover.read-only",
        "handover.folder-missing",
        "handover.hangs",
        "handover.occupied",
        "handover.other",
    }


@pytest.mark.parametrize("call", ["write", "fsync", "rename_new", "open"])
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, DeliveryFailure.DISK_FULL),
        (errno.EDQUOT, DeliveryFailure.DISK_FULL),
        (errno.EROFS, DeliveryFailure.READ_ONLY),
        (errno.EIO, DeliveryFailure.OTHER),
    ],
)
def test_disk_error_leaves_no_file_and_can_be_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, reason: DeliveryFailure
) -> None:
    results = ResultFolder(tmp_path)
    module = system if call == "rename_new" else os
    original = getattr(module, call)

    def fail(*arguments: object, **keywords: object) -> object:
        if call == "open" and not str(arguments[0]).endswith(".part"):
            return original(*arguments, **keywords)
        if call == "write":
            original(arguments[0], b"<Xml")  # part of the data was written before the error
        raise OSError(number, os.strerror(number))

    assert results.probe() is None
    monkeypatch.setattr(module, call, fail)
    assert results.deliver(NAME, DATA) == NotDelivered(reason, number)
    monkeypatch.setattr(module, call, original)
    assert visible_files(tmp_path) == []
    assert work_files(tmp_path) == []
    assert results.deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no permission to mount a small disk")
    return mount


def test_full_or_read_only_disk_is_reported(small_disk: Path) -> None:
    try:
        results = ResultFolder(small_disk)
        assert results.deliver("first.xml", b"x" * 20_000) == FileDelivered(small_disk / "first.xml")
        assert results.deliver(NAME, b"x" * 100_000) == NotDelivered(DeliveryFailure.DISK_FULL, errno.ENOSPC)
        assert visible_files(small_disk) == ["first.xml"]
        assert work_files(small_disk) == []
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        assert results.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.READ_ONLY, errno.EROFS)
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert results.deliver(NAME, DATA) == FileDelivered(small_disk / NAME)
    finally:
        subprocess.run(["umount", "--lazy", str(small_disk)], check=True)


def test_terminal_does_not_create_missing_share(tmp_path: Path) -> None:
    missing = tmp_path / "share"
    results = ResultFolder(missing)
    assert results.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ENOENT)
    assert not missing.exists()
    missing.mkdir()
    assert results.deliver(NAME, DATA) == FileDelivered(missing / NAME)


def test_file_at_folder_path_prevents_delivery(tmp_path: Path) -> None:
    (tmp_path / "share").write_bytes(b"")
    for create in (False, True):
        outcome = ResultFolder(tmp_path / "share", create=create).deliver(NAME, DATA)
        assert isinstance(outcome, NotDelivered)


def test_terminal_creates_its_own_folder(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path / "state" / "results", create=True)
    assert isinstance(results.deliver(NAME, DATA), FileDelivered)


def test_clean_removes_only_own_work_files(tmp_path: Path) -> None:
    work = tmp_path / WORK_FOLDER
    work.mkdir()
    (work / "terminal-1~aa.part").write_bytes(b"half")
    (work / "terminal-10~bb.part").write_bytes(b"being written by another terminal")
    (work / "terminal-1~kept.xml.part").write_bytes(b"not finished")
    assert ResultFolder(tmp_path, owner="terminal-1").clean(keep={"kept.xml"}) == 1
    assert {path.name for path in work.iterdir()} == {"terminal-10~bb.part", "terminal-1~kept.xml.part"}


@pytest.mark.parametrize("name", ["../x.xml", "a/b.xml", "", ".hidden", "x" * 300, "a\x00b"])
def test_invalid_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        ResultFolder(tmp_path).deliver(name, DATA)


def test_look_reports_prepared_moved_and_taken_results(tmp_path: Path) -> None:
    """Check the states after a crash: prepared, moved and taken. A missing share is not an empty folder."""
    results = ResultFolder(tmp_path)
    digest = hashlib.sha256(DATA).hexdigest()
    assert isinstance(results.inspect(NAME), NotDelivered)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, digest, None)
    assert isinstance(results.move(NAME, "0" * 64), NotDelivered)
    assert results.move(NAME, digest) == FileDelivered(tmp_path / NAME)
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, None, digest)
    (tmp_path / NAME).unlink()
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, None, None)
    assert ResultFolder(tmp_path).prepare(NAME, b"changed") == prepared


def test_existing_file_prevents_preparation(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path)
    results.deliver(NAME, DATA)
    assert results.prepare(NAME, b"other") == TargetExists(tmp_path / NAME, same=False)
    assert results.failure is DeliveryFailure.OCCUPIED
    assert work_files(tmp_path) == []


def test_prepared_file_remains_until_its_replacement_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a work file, the result would count as taken and be lost."""
    results = ResultFolder(tmp_path)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    original = os.write

    def fail_with_disk_full(descriptor: int, data: bytes) -> int:
        original(descriptor, bytes(data)[:10])
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail_with_disk_full)
        assert results.prepare(NAME, DATA) == prepared
        assert results.prepare(NAME, b"changed" * 9) == NotDelivered(DeliveryFailure.DISK_FULL, errno.ENOSPC)
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, hashlib.sha256(DATA).hexdigest(), None)
    assert len(work_files(tmp_path)) == 1
    assert results.prepare(NAME, b"changed" * 9) == prepared
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, hashlib.sha256(b"changed" * 9).hexdigest(), None)


def test_stale_share_does_not_count_as_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ESTALE does not mean that the file was taken or the folder replaced."""
    results = ResultFolder(tmp_path)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    results.move(NAME, hashlib.sha256(DATA).hexdigest())
    original = os.open

    def open_stale_handle(path: Path, flags: int, *extra: int) -> int:
        if stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.ESTALE, "stale file handle")
        return original(path, flags, *extra)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_stale_handle)
        assert results.inspect(NAME) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ESTALE)
        assert results.prepare("other.xml", DATA) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ESTALE)
    assert results.inspect(NAME) == ResultOnDisk(prepared.mark, None, hashlib.sha256(DATA).hexdigest())


def test_share_disconnected_during_look_is_reported_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = ResultFolder(tmp_path / "share")
    (tmp_path / "share").mkdir()
    assert isinstance(results.prepare(NAME, DATA), Prepared)
    original, opened_paths = os.open, []

    def disconnect(path: Path, flags: int, *extra: int) -> int:
        opened_paths.append(path)
        if len(opened_paths) == 2:  # after the mark
            (tmp_path / "share").rename(tmp_path / "away")
        return original(path, flags, *extra)

    monkeypatch.setattr(os, "open", disconnect)
    assert results.inspect(NAME) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ENOENT)


@pytest.mark.parametrize("kind", ["pipe", "link", "dangling", "folder"])
def test_pipe_link_or_folder_with_same_name_prevents_delivery(tmp_path: Path, kind: str) -> None:
    target, elsewhere = tmp_path / NAME, tmp_path / "elsewhere"
    match kind:
        case "pipe":
            os.mkfifo(target)
        case "link":
            elsewhere.write_bytes(DATA)
            target.symlink_to(elsewhere)
        case "dangling":
            target.symlink_to(elsewhere)
        case _:
            target.mkdir()
    results = ResultFolder(tmp_path)
    assert results.deliver(NAME, DATA) == TargetExists(target, same=False)
    assert results.failure is DeliveryFailure.OCCUPIED
    assert kind == "link" or not elsewhere.exists()


def test_symlinked_work_folder_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    share = tmp_path / "share"
    share.mkdir()
    (share / WORK_FOLDER).symlink_to(elsewhere)
    assert isinstance(ResultFolder(share).deliver(NAME, DATA), NotDelivered)
    assert list(elsewhere.iterdir()) == []


def test_readers_never_see_partial_file(tmp_path: Path) -> None:
    data = b"x" * 3_000_000
    sizes: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.glob("*.xml"):
                sizes.add(len(path.read_bytes()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    results = ResultFolder(tmp_path)
    for number in range(5):
        results.deliver(f"{number}.xml", data)
    done.set()
    watcher.join()
    assert sizes <= {len(data)}


def test_result_file_name_has_prefix_identifier_and_time() -> None:
    timestamp = datetime(2026, 11, 21, 0, 15, 4, tzinfo=UTC)
    name = result_file_name("1319999999", "0123", timestamp)
    assert name == result_file_stem("1319999999", "0123", timestamp) + ".xml"
    prefix, _, suffix = name.partition("_face_")
    identifier, _, time = suffix.partition("_")
    assert (prefix, time) == ("OQSsiquc01res", "20261121091504.xml")
    assert identifier.startswith("1319999999001")
    assert len(identifier) == 30
    assert identifier.isdigit()
    assert name != result_file_name("1319999999", "0124", timestamp)


def test_reading_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Invalid argument"):
        read_file(tmp_path / "pipe", 100)
    assert read_file(tmp_path / "nothing", 100) is None
