"""The folder the receipt computer watches. A file appears in it whole or not at all, and never over another one."""

import contextlib
import errno
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from config.files import private_folder
from config.platform.chosen import system

WORK_FOLDER = ".uketsuke-work"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_OWNER = re.compile(r"[A-Za-z0-9-]{1,40}")
BEFORE_CHANGE = 0.5
"""Seconds; watchers that poll look several times a second."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_NO_FLAGS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


class Undelivered(StrEnum):
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    """The folder cannot be written: read-only, or no rights."""
    FOLDER_MISSING = "folder-missing"
    """Not there: not created, or a share that is not connected."""
    OTHER = "other"

    @property
    def message_id(self) -> str:
        """Of the sentence for staff."""
        return f"handover.{self.value}"


@dataclass(frozen=True, slots=True)
class Delivered:
    path: Path


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """A file of this name lies in the folder; it was left as it is."""

    path: Path
    same: bool
    """It has the same content."""


@dataclass(frozen=True, slots=True)
class NotDelivered:
    reason: Undelivered
    error: int | None = None
    """errno, for staff and log."""


Delivery = Delivered | AlreadyThere | NotDelivered

_REASONS = {
    errno.ENOSPC: Undelivered.DISK_FULL,
    errno.EDQUOT: Undelivered.DISK_FULL,
    errno.EROFS: Undelivered.READ_ONLY,
    errno.EACCES: Undelivered.READ_ONLY,
    errno.EPERM: Undelivered.READ_ONLY,
    errno.ENOENT: Undelivered.FOLDER_MISSING,
    errno.ENOTDIR: Undelivered.FOLDER_MISSING,
    errno.ESTALE: Undelivered.FOLDER_MISSING,
    errno.EHOSTDOWN: Undelivered.FOLDER_MISSING,
    errno.ENOTCONN: Undelivered.FOLDER_MISSING,
}


class ResultFolder:
    """`owner` is the terminal's id: terminals may share a folder, each cleans up after itself alone.

    Work files lie in a folder below, which is on the same volume whatever is mounted. `create`: make the folder if it
    is missing - right for one of our own, wrong for a share that should be connected. Files get `mode`. `in_place`: for
    readers that wait for a file to change and never see one that is moved in; they may meet it half-written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        owner: str = "terminal",
        create: bool = False,
        mode: int = 0o640,
        in_place: bool = False,
    ) -> None:
        if not _OWNER.fullmatch(owner):
            raise ValueError("owner: letters, digits and hyphens, 40 at most")
        self.folder = folder
        self._owner = owner
        self._create = create
        self._mode = mode
        self._in_place = in_place
        self._left: set[Path] = set()
        self.trouble: Undelivered | None = None
        """Why the last attempt failed, for staff; None after one that worked. Nothing of a patient."""
        self.clean()

    def deliver(self, name: str, data: bytes) -> Delivery:
        """Write, flush to the disk, move in. Raises `ValueError` for a name that is more than a name."""
        if not _NAME.fullmatch(name):
            raise ValueError("a result file's name has letters, digits, dots, hyphens and underscores")
        delivery = self._deliver(self.folder / name, data)
        self.trouble = delivery.reason if isinstance(delivery, NotDelivered) else None
        return delivery

    def probe(self) -> Undelivered | None:
        """Can a file be written now? Tries with an empty one in the work folder; sets `trouble`."""
        try:
            self._prepare()
            work = self._work_file()
            try:
                _write(work, b"\n", self._mode)
            finally:
                self._remove(work)
        except OSError as error:
            self.trouble = _reason(error)
        else:
            self.trouble = None
        return self.trouble

    def _deliver(self, target: Path, data: bytes) -> Delivery:
        try:
            self._prepare()
            if self._in_place:
                _remove_half(target, data)
            if target.exists():
                return _already(target, data)
            if self._in_place:
                _write_in_place(target, data, self._mode)
            else:
                self._write_and_move_in(target, data)
            _sync_folder(self.folder)
        except FileExistsError:
            return _already(target, data)
        except OSError as error:
            return NotDelivered(_reason(error), error.errno)
        return Delivered(target)

    def _write_and_move_in(self, target: Path, data: bytes) -> None:
        work = self._work_file()
        try:
            _write(work, data, self._mode)
            _move_in(work, target)
        finally:
            self._remove(work)

    def clean(self) -> int:
        """Remove what a crash left of this owner; how many files that were. Silent where the folder is not there."""
        removed = 0
        with contextlib.suppress(OSError):
            for left_over in list(self._left_over()):
                left_over.unlink(missing_ok=True)
                removed += 1
        return removed

    def _work_file(self) -> Path:
        return self.folder / WORK_FOLDER / f"{self._prefix}{os.urandom(8).hex()}.part"

    def _remove(self, work: Path) -> None:
        """Now, or before the next delivery: a share that is lost in the middle lets nothing be removed."""
        try:
            work.unlink(missing_ok=True)
        except OSError:
            self._left.add(work)
        else:
            self._left.discard(work)

    @property
    def _prefix(self) -> str:
        return f"{self._owner}~"

    def _left_over(self) -> Iterator[Path]:
        for path in (self.folder / WORK_FOLDER).iterdir():
            if path.name.startswith(self._prefix) and path.suffix == ".part":
                yield path

    def _prepare(self) -> None:
        if self._create and not self.folder.is_dir():
            private_folder(self.folder.parent)
            _make(self.folder, 0o750)
        _make(self.folder / WORK_FOLDER, 0o770)
        for work in tuple(self._left):
            self._remove(work)


def _make(folder: Path, mode: int) -> None:
    """With this mode whatever the umask: the receipt computer's user is another one."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # a share may have no modes
        folder.chmod(mode)


def _reason(error: OSError) -> Undelivered:
    return _REASONS.get(error.errno or 0, Undelivered.OTHER)


def _already(target: Path, data: bytes) -> Delivery:
    try:
        return AlreadyThere(target, same=target.read_bytes() == data)
    except FileNotFoundError:
        # Taken away by the receipt computer in this moment: it has had that file.
        return AlreadyThere(target, same=False)
    except OSError as error:
        return NotDelivered(_reason(error), error.errno)


def _write(path: Path, data: bytes, mode: int, wait: float = 0.0) -> None:
    """`wait`: seconds between the empty file and its content."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):  # a share may have no modes
            os.chmod(path, mode)  # noqa: PTH101
        if wait:
            time.sleep(wait)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        # Should removing fail too, nothing of a patient stays in it.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        raise
    finally:
        os.close(descriptor)


def _remove_half(target: Path, data: bytes) -> None:
    """What a crash left of this very file, which was being written in place."""
    with contextlib.suppress(FileNotFoundError):
        there = target.read_bytes()
        if len(there) < len(data) and data.startswith(there):
            target.unlink()


def _write_in_place(target: Path, data: bytes, mode: int) -> None:
    """An empty file first, its content after a moment: watchers tell a new file from one that changed."""
    try:
        _write(target, data, mode, BEFORE_CHANGE)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def _move_in(work: Path, target: Path) -> None:
    """Raises `FileExistsError` rather than replace."""
    try:
        os.link(work, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        return
    try:
        _rename_noreplace(work, target)
    except OSError as error:
        if error.errno not in _NO_FLAGS:
            raise
        # The last way. A name carries its check's id, so nobody else writes it between the look and the move.
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        work.rename(target)


def _rename_noreplace(work: Path, target: Path) -> None:
    """For file systems without hard links (shares, FAT)."""
    system.rename_new(work, target)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot
        system.sync_folder(folder)
