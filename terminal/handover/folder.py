"""The folder watched by the receipt computer. Files appear in it complete and never replace another."""

import contextlib
import errno
import os
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from config.files import private_folder
from terminal.handover.placing import (
    digest_of,
    exists,
    make_folder,
    move_in,
    read_plain,
    remove_partial,
    sync_folder,
    write_in_place,
    write_new,
    write_over,
)

WORK_FOLDER = ".uketsuke-work"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_OWNER = re.compile(r"[A-Za-z0-9-]{1,40}")
_MARK = re.compile(rb"[0-9a-f]{32}")


class DeliveryFailure(StrEnum):
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    """The folder cannot be written: read-only, or no permission."""
    FOLDER_MISSING = "folder-missing"
    """Not created, or on a share that is not connected."""
    HANGS = "hangs"
    """On a share whose server does not respond."""
    OCCUPIED = "occupied"
    """A different file has the result's name; it is not changed."""
    OTHER = "other"

    @property
    def message_id(self) -> str:
        """Id of the message for staff."""
        return f"handover.{self.value}"


@dataclass(frozen=True, slots=True)
class FileDelivered:
    path: Path


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """A file of this name was already in the folder and was not changed."""

    path: Path
    same: bool
    """Whether it has the same content."""


@dataclass(frozen=True, slots=True)
class NotDelivered:
    reason: DeliveryFailure
    error: int | None = None
    """errno, for the log."""


Delivery = FileDelivered | AlreadyThere | NotDelivered
DeliveryT = TypeVar("DeliveryT", bound=Delivery)

_REASONS = {
    errno.ENOSPC: DeliveryFailure.DISK_FULL,
    errno.EDQUOT: DeliveryFailure.DISK_FULL,
    errno.EROFS: DeliveryFailure.READ_ONLY,
    errno.EACCES: DeliveryFailure.READ_ONLY,
    errno.EPERM: DeliveryFailure.READ_ONLY,
    errno.ENOENT: DeliveryFailure.FOLDER_MISSING,
    errno.ENOTDIR: DeliveryFailure.FOLDER_MISSING,
    errno.EEXIST: DeliveryFailure.FOLDER_MISSING,
    errno.ESTALE: DeliveryFailure.FOLDER_MISSING,
    errno.EHOSTDOWN: DeliveryFailure.FOLDER_MISSING,
    errno.ENOTCONN: DeliveryFailure.FOLDER_MISSING,
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The complete file is on disk, ready to be moved into the folder."""

    mark: str
    """Identifies the folder: a different folder mounted at the same path has a different mark."""


@dataclass(frozen=True, slots=True)
class ResultOnDisk:
    """State of a result on disk: SHA-256 (hexadecimal) of its files, None for missing ones."""

    mark: str
    """Mark of the folder; empty if it has none."""
    work: str | None
    target: str | None


FolderOutcome = Prepared | ResultOnDisk | FileDelivered | AlreadyThere | NotDelivered


class ResultFolder:
    """Folder for result files. `owner`: the terminal's id; terminals can share a folder and clean up only their own.

    Work files are in a subfolder, which is always on the same volume, and are named after the result, so that the
    terminal can find out after a crash which ones were moved. `create`: create the folder if it is missing; use it for
    the terminal's own folder, not for a share that should be connected. Files get `mode`. `in_place`: for readers that
    wait for files to change and do not notice moved ones; they may read a half-written file.
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
            raise ValueError("owner: use letters, digits and hyphens, at most 40")
        self.folder = folder
        self._owner = owner
        self._create = create
        self._mode = mode
        self._in_place = in_place
        self.trouble: DeliveryFailure | None = None
        """Why the last attempt failed, for staff; None after a successful one. Contains no patient data."""

    def deliver(self, name: str, data: bytes) -> Delivery:
        """Write the file, flush it to disk and move it into the folder. Raises `ValueError` if `name` is a path."""
        prepared = self.prepare(name, data)
        if not isinstance(prepared, Prepared):
            return prepared
        delivery = self.move(name, sha256(data).hexdigest())
        if isinstance(delivery, NotDelivered):
            with contextlib.suppress(OSError):
                self._paths(name)[1].unlink(missing_ok=True)
        return delivery

    def prepare(self, name: str, data: bytes) -> Prepared | AlreadyThere | NotDelivered:
        """Write the complete work file, replacing an earlier one. Raises `ValueError` as `deliver` does.

        An earlier work file is kept until the new one is complete, because a missing one means it was moved.
        """
        target, work = self._paths(name)
        try:
            mark = self._prepare()
            if self._in_place:
                remove_partial(target, data)
            if exists(target):
                return self._noted(_already(target, sha256(data).hexdigest()))
            if digest_of(work) != sha256(data).hexdigest():
                write_over(work, data, self._mode)
            sync_folder(work.parent)
        except OSError as error:
            return self._noted(NotDelivered(_reason(error), error.errno))
        self.trouble = None
        return Prepared(mark)

    def move(self, name: str, digest: str) -> Delivery:
        """Move the prepared file into the folder if its SHA-256 is `digest` (hexadecimal)."""
        target, work = self._paths(name)
        try:
            data = read_plain(work)
            if data is None or sha256(data).hexdigest() != digest:
                raise FileNotFoundError(errno.ENOENT, "not prepared")
            if self._in_place:
                write_in_place(target, data, self._mode)
            else:
                move_in(work, target)
            with contextlib.suppress(OSError):  # `clean` removes it later
                work.unlink(missing_ok=True)
            sync_folder(self.folder)
            sync_folder(work.parent)
        except FileExistsError:
            existing = _already(target, digest)
            if isinstance(existing, AlreadyThere):
                with contextlib.suppress(OSError):
                    work.unlink(missing_ok=True)
            return self._noted(existing)
        except OSError as error:
            return self._noted(NotDelivered(_reason(error), error.errno))
        return self._noted(FileDelivered(target))

    def look(self, name: str) -> ResultOnDisk | NotDelivered:
        """Return the state of a result being handed over. A missing folder is an error, not an empty folder."""
        target, work = self._paths(name)
        try:
            os.stat(self.folder / WORK_FOLDER)  # noqa: PTH116 - raises if the share is not connected
            mark = self._mark()
            found = ResultOnDisk(mark or "", digest_of(work), digest_of(target))
            if self._mark() != mark:  # the share was disconnected meanwhile
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        except OSError as error:
            return self._noted(NotDelivered(_reason(error), error.errno))
        self.trouble = None
        return found

    def probe(self) -> DeliveryFailure | None:
        """Try to write a file in the work folder. Return why that failed, or None. Sets `trouble`."""
        work = self.folder / WORK_FOLDER / f"{self._prefix}{os.urandom(8).hex()}.part"
        try:
            self._prepare()
            try:
                write_new(work, b"\n", self._mode)
            finally:
                work.unlink(missing_ok=True)
        except OSError as error:
            self.trouble = _reason(error)
        else:
            self.trouble = None
        return self.trouble

    def clean(self, keep: Container[str] = ()) -> int:
        """Remove this owner's work files left by a crash, except those of the results in `keep`.

        Return the number of files removed, 0 if the folder does not exist. `keep`: results not yet handed over.
        """
        removed = 0
        with contextlib.suppress(OSError):
            for left_over in list(self._left_over()):
                if left_over.name.removeprefix(self._prefix).removesuffix(".part") not in keep:
                    left_over.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _noted(self, outcome: DeliveryT) -> DeliveryT:
        """Set `trouble` by the outcome."""
        match outcome:
            case NotDelivered(reason=reason):
                self.trouble = reason
            case AlreadyThere(same=False):
                self.trouble = DeliveryFailure.OCCUPIED
            case _:
                self.trouble = None
        return outcome

    def _paths(self, name: str) -> tuple[Path, Path]:
        if not _NAME.fullmatch(name):
            raise ValueError("a result file name may contain only letters, digits, dots, hyphens and underscores")
        return self.folder / name, self.folder / WORK_FOLDER / f"{self._prefix}{name}.part"

    @property
    def _prefix(self) -> str:
        return f"{self._owner}~"

    def _left_over(self) -> Iterator[Path]:
        for path in (self.folder / WORK_FOLDER).iterdir():
            if path.name.startswith(self._prefix) and path.suffix == ".part":
                yield path

    def _prepare(self) -> str:
        """Return the folder's mark. Create the subfolder and the mark if they are missing."""
        if self._create and not self.folder.is_dir():
            private_folder(self.folder.parent)
            make_folder(self.folder, 0o750)
        work = self.folder / WORK_FOLDER
        make_folder(work, 0o770)
        if work.is_symlink() or not work.is_dir():  # a link could send patient data elsewhere
            raise PermissionError(errno.EACCES, "the work folder is not a folder")
        mark = self._mark()
        if mark is None:
            mark = os.urandom(16).hex()
            path = work / f"{self._prefix}mark"
            path.unlink(missing_ok=True)
            write_new(path, mark.encode(), self._mode)
        return mark

    def _mark(self) -> str | None:
        found = read_plain(self.folder / WORK_FOLDER / f"{self._prefix}mark")
        return found.decode() if found is not None and _MARK.fullmatch(found) else None


def _reason(error: OSError) -> DeliveryFailure:
    return _REASONS.get(error.errno or 0, DeliveryFailure.OTHER)


def _already(target: Path, digest: str) -> AlreadyThere | NotDelivered:
    """Compare the existing file with the SHA-256 of the result."""
    try:
        return AlreadyThere(target, same=digest_of(target) == digest)
    except OSError as error:
        return NotDelivered(_reason(error), error.errno)
