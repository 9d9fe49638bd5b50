"""The folder on good and bad days: nothing half-written, nothing overwritten, nothing left behind."""

import errno
import hashlib
import os
import stat
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.platform.chosen import system
from terminal.handover.folder import (
    WORK_FOLDER,
    AlreadyThere,
    Delivery,
    DeliveryFailure,
    FileDelivered,
    NotDelivered,
    Prepared,
    ResultFolder,
    ResultOnDisk,
)
from terminal.handover.name import result_file_name, result_file_stem
from terminal.handover.placing import move_in
from terminal.handover.reading import read_whole

NAME = "OQSsiquc01res_face_1319999999_20261121091504.xml"
DATA = b"<XmlMsg/>" * 1000


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def work_files(folder: Path) -> list[Path]:
    return list((folder / WORK_FOLDER).glob("*.part"))


def test_delivered_whole_with_a_sensible_mode(tmp_path: Path) -> None:
    assert ResultFolder(tmp_path).deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == DATA
    status = (tmp_path / NAME).stat()
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o640, 1)
    assert work_files(tmp_path) == []


def test_never_overwritten(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path)
    results.deliver(NAME, DATA)
    assert results.deliver(NAME, DATA) == AlreadyThere(tmp_path / NAME, same=True)
    assert results.deliver(NAME, b"other") == AlreadyThere(tmp_path / NAME, same=False)
    assert (tmp_path / NAME).read_bytes() == DATA
    assert work_files(tmp_path) == []


def no_links(source: Path, target: Path) -> None:
    raise OSError(errno.EPERM, "no hard links here")


def no_flags(source: Path, target: Path) -> None:
    raise OSError(errno.EINVAL, "no flags here")


@pytest.mark.parametrize("flags", [True, False])
def test_one_wins_when_many_deliver_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: bool) -> None:
    if not flags:  # as on a share: the move is a link, and a removal after it
        monkeypatch.setattr(system, "rename_new", no_flags)
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
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyThere"] * 7 + ["FileDelivered"]
    assert visible(tmp_path) == [NAME]
    assert work_files(tmp_path) == []


def test_a_file_system_with_neither_links_nor_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(system, "rename_new", no_flags)
    results = ResultFolder(tmp_path)
    assert results.deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert results.deliver(NAME, b"other") == AlreadyThere(tmp_path / NAME, same=False)
    work = tmp_path / WORK_FOLDER / "terminal~x.part"
    work.write_bytes(b"late")
    with pytest.raises(FileExistsError):
        move_in(work, tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_what_could_not_be_removed_holds_nothing_and_goes_with_the_next_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = ResultFolder(tmp_path)
    genuine_unlink, genuine_fsync = Path.unlink, os.fsync

    def gone(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "read-only now")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    assert results.probe() is None
    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(Path, "unlink", gone)
    assert isinstance(results.deliver(NAME, DATA), NotDelivered)
    assert [path.read_bytes() for path in work_files(tmp_path)] == [b""]
    monkeypatch.setattr(Path, "unlink", genuine_unlink)
    monkeypatch.setattr(os, "fsync", genuine_fsync)
    assert results.deliver(NAME, DATA) == FileDelivered(tmp_path / NAME)
    assert work_files(tmp_path) == []


def test_staff_can_see_the_trouble_and_its_end(tmp_path: Path) -> None:
    share = tmp_path / "share"
    results = ResultFolder(share)
    assert results.trouble is None
    results.deliver(NAME, DATA)
    assert results.trouble is DeliveryFailure.FOLDER_MISSING
    assert results.probe() is DeliveryFailure.FOLDER_MISSING
    share.mkdir()
    assert results.probe() is None
    assert results.trouble is None
    assert visible(share) == []
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
def test_the_disk_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, reason: DeliveryFailure
) -> None:
    results = ResultFolder(tmp_path)
    where = system if call == "rename_new" else os
    genuine = getattr(where, call)

    def failing(*arguments: object, **named: object) -> object:
        if call == "open" and not str(arguments[0]).endswith(".part"):
            return genuine(*arguments, **named)
        if call == "write":
            genuine(arguments[0], b"<Xml")  # half of it reaches the disk first
        raise OSError(number, os.strerror(number))

    assert results.probe() is None
    monkeypatch.setattr(where, call, failing)
    assert results.deliver(NAME, DATA) == NotDelivered(reason, number)
    monkeypatch.setattr(where, call, genuine)
    assert visible(tmp_path) == []
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
        pytest.skip("may not mount a small disk here")
    return mount


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    try:
        results = ResultFolder(small_disk)
        assert results.deliver("first.xml", b"x" * 20_000) == FileDelivered(small_disk / "first.xml")
        assert results.deliver(NAME, b"x" * 100_000) == NotDelivered(DeliveryFailure.DISK_FULL, errno.ENOSPC)
        assert visible(small_disk) == ["first.xml"]
        assert work_files(small_disk) == []
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        assert results.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.READ_ONLY, errno.EROFS)
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert results.deliver(NAME, DATA) == FileDelivered(small_disk / NAME)
    finally:
        subprocess.run(["umount", "--lazy", str(small_disk)], check=True)


def test_the_share_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "share"
    results = ResultFolder(missing)
    assert results.deliver(NAME, DATA) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ENOENT)
    assert not missing.exists()
    missing.mkdir()
    assert results.deliver(NAME, DATA) == FileDelivered(missing / NAME)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "share").write_bytes(b"")
    for create in (False, True):
        outcome = ResultFolder(tmp_path / "share", create=create).deliver(NAME, DATA)
        assert isinstance(outcome, NotDelivered)


def test_a_folder_of_our_own_is_made(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path / "state" / "results", create=True)
    assert isinstance(results.deliver(NAME, DATA), FileDelivered)


def test_left_over_work_is_cleaned_at_start_own_alone(tmp_path: Path) -> None:
    work = tmp_path / WORK_FOLDER
    work.mkdir()
    (work / "terminal-1~aa.part").write_bytes(b"half")
    (work / "terminal-10~bb.part").write_bytes(b"another terminal is writing this")
    (work / "terminal-1~kept.xml.part").write_bytes(b"not finished")
    assert ResultFolder(tmp_path, owner="terminal-1").clean(keep={"kept.xml"}) == 1
    assert {path.name for path in work.iterdir()} == {"terminal-10~bb.part", "terminal-1~kept.xml.part"}


@pytest.mark.parametrize("name", ["../x.xml", "a/b.xml", "", ".hidden", "x" * 300, "a\x00b"])
def test_a_name_that_is_more_than_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        ResultFolder(tmp_path).deliver(name, DATA)


def test_what_lies_there_of_a_result(tmp_path: Path) -> None:
    """After a crash: prepared and not moved, moved, taken; and a disconnected share is not an empty folder."""
    results = ResultFolder(tmp_path)
    digest = hashlib.sha256(DATA).hexdigest()
    assert isinstance(results.look(NAME), NotDelivered)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    assert results.look(NAME) == ResultOnDisk(prepared.mark, digest, None)
    assert isinstance(results.move(NAME, "0" * 64), NotDelivered)
    assert results.move(NAME, digest) == FileDelivered(tmp_path / NAME)
    assert results.look(NAME) == ResultOnDisk(prepared.mark, None, digest)
    (tmp_path / NAME).unlink()
    assert results.look(NAME) == ResultOnDisk(prepared.mark, None, None)
    assert ResultFolder(tmp_path).prepare(NAME, b"changed") == prepared


def test_nothing_is_prepared_where_a_file_lies(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path)
    results.deliver(NAME, DATA)
    assert results.prepare(NAME, b"other") == AlreadyThere(tmp_path / NAME, same=False)
    assert results.trouble is DeliveryFailure.OCCUPIED
    assert work_files(tmp_path) == []


def test_what_was_prepared_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the second attempt: without any work file the result would look taken, and be lost."""
    results = ResultFolder(tmp_path)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    genuine = os.write

    def full(descriptor: int, data: bytes) -> int:
        genuine(descriptor, bytes(data)[:10])
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        assert results.prepare(NAME, DATA) == prepared
        assert results.prepare(NAME, b"changed" * 9) == NotDelivered(DeliveryFailure.DISK_FULL, errno.ENOSPC)
    assert results.look(NAME) == ResultOnDisk(prepared.mark, hashlib.sha256(DATA).hexdigest(), None)
    assert len(work_files(tmp_path)) == 1
    assert results.prepare(NAME, b"changed" * 9) == prepared
    assert results.look(NAME) == ResultOnDisk(prepared.mark, hashlib.sha256(b"changed" * 9).hexdigest(), None)


def test_a_share_without_its_server_says_nothing_of_what_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ESTALE is neither "taken" nor "another folder": the mark stays, and nothing counts as delivered."""
    results = ResultFolder(tmp_path)
    prepared = results.prepare(NAME, DATA)
    assert isinstance(prepared, Prepared)
    results.move(NAME, hashlib.sha256(DATA).hexdigest())
    genuine = os.open

    def stale(path: Path, flags: int, *more: int) -> int:
        if stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.ESTALE, "stale file handle")
        return genuine(path, flags, *more)

    with monkeypatch.context() as share:
        share.setattr(os, "open", stale)
        assert results.look(NAME) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ESTALE)
        assert results.prepare("other.xml", DATA) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ESTALE)
    assert results.look(NAME) == ResultOnDisk(prepared.mark, None, hashlib.sha256(DATA).hexdigest())


def test_a_share_that_goes_while_one_looks_was_not_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = ResultFolder(tmp_path / "share")
    (tmp_path / "share").mkdir()
    assert isinstance(results.prepare(NAME, DATA), Prepared)
    genuine, looked = os.open, []

    def goes(path: Path, flags: int, *more: int) -> int:
        looked.append(path)
        if len(looked) == 2:  # after the mark
            (tmp_path / "share").rename(tmp_path / "away")
        return genuine(path, flags, *more)

    monkeypatch.setattr(os, "open", goes)
    assert results.look(NAME) == NotDelivered(DeliveryFailure.FOLDER_MISSING, errno.ENOENT)


@pytest.mark.parametrize("what", ["pipe", "link", "dangling", "folder"])
def test_what_lies_there_is_no_file(tmp_path: Path, what: str) -> None:
    target, elsewhere = tmp_path / NAME, tmp_path / "elsewhere"
    match what:
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
    assert results.deliver(NAME, DATA) == AlreadyThere(target, same=False)
    assert results.trouble is DeliveryFailure.OCCUPIED
    assert what == "link" or not elsewhere.exists()


def test_a_work_folder_that_leads_elsewhere_is_not_written_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    share = tmp_path / "share"
    share.mkdir()
    (share / WORK_FOLDER).symlink_to(elsewhere)
    assert isinstance(ResultFolder(share).deliver(NAME, DATA), NotDelivered)
    assert list(elsewhere.iterdir()) == []


def test_nobody_ever_sees_half_a_file(tmp_path: Path) -> None:
    data = b"x" * 3_000_000
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.glob("*.xml"):
                seen.add(len(path.read_bytes()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    results = ResultFolder(tmp_path)
    for number in range(5):
        results.deliver(f"{number}.xml", data)
    done.set()
    watcher.join()
    assert seen <= {len(data)}


def test_names() -> None:
    moment = datetime(2026, 11, 21, 0, 15, 4, tzinfo=UTC)
    name = result_file_name("1319999999", "0123", moment)
    assert name == result_file_stem("1319999999", "0123", moment) + ".xml"
    start, _, rest = name.partition("_face_")
    identifier, _, time = rest.partition("_")
    assert (start, time) == ("OQSsiquc01res", "20261121091504.xml")
    assert identifier.startswith("1319999999001")
    assert len(identifier) == 30
    assert identifier.isdigit()
    assert name != result_file_name("1319999999", "0124", moment)


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Invalid argument"):
        read_whole(tmp_path / "pipe", 100)
    assert read_whole(tmp_path / "nothing", 100) is None
