"""Folder watched by the receipt computer.

Complete files are moved into it. Existing files are never replaced.
"""

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
from terminal.handover.file_operations import (
    exists,
    file_digest,
    make_folder,
    move_into_folder,
    read_regular_file,
    remove_partial,
    replace_file,
    sync_folder,
    write_in_place,
    write_new,
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
    """The folder does not exist, or its share is not connected."""
    HANGS = "hangs"
    """The share's server does not respond."""
    OCCUPIED = "occupied"
    """A different file has the result's name."""
    OTHER = "other"

    @property
    def message_id(self) -> str:
        """Message id of the text shown to staff."""
        return f"handover.{self.value}"


@dataclass(frozen=True, slots=True)
class FileDelivered:
    path: Path


@dataclass(frozen=True, slots=True)
class TargetExists:
    """The folder already contained a file with this name, which was not changed."""

    path: Path
    same: bool
    """Whether the existing file has the same content."""


@dataclass(frozen=True, slots=True)
class NotDelivered:
    reason: DeliveryFailure
    error: int | None = None
    """errno, for the log."""


Delivery = FileDelivered | TargetExists | NotDelivered
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
    """The complete file is on disk and ready to be moved into the folder."""

    mark: str
    """Folder id, to detect a different folder mounted at the same path."""


@dataclass(frozen=True, slots=True)
class ResultOnDisk:
    """SHA-256 (hexadecimal) of a result's work file and target file; None for a missing file."""

    mark: str
    """Folder id; empty if there is none."""
    work: str | None
    target: str | None


FolderOutcome = Prepared | ResultOnDisk | FileDelivered | TargetExists | NotDelivered


class ResultFolder:
    """Folder for result files, which several terminals can share.

    `owner` is the terminal's id. A terminal only cleans up its own files. `create` creates a missing folder. Do not use
    it for a share, which may just be disconnected. `mode` is the file mode. `in_place` is for readers that notice
    changed files but not moved ones. Such readers may read an incomplete file.

    Work files are named after the result and stored in a subfolder on the same volume. Work files left after a crash
    show which results were not moved.
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
            raise ValueError("owner must consist of 1 to 40 letters, digits and hyphens")
        self.folder = folder
        self._owner = owner
        self._create = create
        self._mode = mode
        self._in_place = in_place
        self.failure: DeliveryFailure | None = None
        """Reason for the last failure, without patient data; None after a success."""

    def deliver(self, name: str, data: bytes) -> Delivery:
        """Write the file, sync it to disk and move it into the folder. Raises ValueError for an invalid name."""
        prepared = self.prepare(name, data)
        if not isinstance(prepared, Prepared):
            return prepared
        delivery = self.move(name, sha256(data).hexdigest())
        if isinstance(delivery, NotDelivered):
            with contextlib.suppress(OSError):
                self._paths(name)[1].unlink(missing_ok=True)
        return delivery

    def prepare(self, name: str, data: bytes) -> Prepared | TargetExists | NotDelivered:
        """Write the complete work file, replacing an earlier one. Raises ValueError for an invalid name.

        The earlier work file remains until the new one is complete. A missing work file means that it was moved.
        """
        target, work = self._paths(name)
        try:
            mark = self._prepare()
            if self._in_place:
                remove_partial(target, data)
            if exists(target):
                return self._record_failure(_existing_target(target, sha256(data).hexdigest()))
            if file_digest(work) != sha256(data).hexdigest():
                replace_file(work, data, self._mode)
            sync_folder(work.parent)
        except OSError as error:
            return self._record_failure(NotDelivered(_reason(error), error.errno))
        self.failure = None
        return Prepared(mark)

    def move(self, name: str, digest: str) -> Delivery:
        """Move the prepared file into the folder if its SHA-256 is `digest` (hexadecimal)."""
        target, work = self._paths(name)
        try:
            data = read_regular_file(work)
            if data is None or sha256(data).hexdigest() != digest:
                raise FileNotFoundError(errno.ENOENT, "not prepared")
            if self._in_place:
                write_in_place(target, data, self._mode)
            else:
                move_into_folder(work, target)
            with contextlib.suppress(OSError):  # `clean` removes it later
                work.unlink(missing_ok=True)
            sync_folder(self.folder)
            sync_folder(work.parent)
        except FileExistsError:
            existing = _existing_target(target, digest)
            if isinstance(existing, TargetExists):
                with contextlib.suppress(OSError):
                    work.unlink(missing_ok=True)
            return self._record_failure(existing)
        except OSError as error:
            return self._record_failure(NotDelivered(_reason(error), error.errno))
        return self._record_failure(FileDelivered(target))

    def inspect(self, name: str) -> ResultOnDisk | NotDelivered:
        """Return the state of a result during handover. A missing folder is an error."""
        target, work = self._paths(name)
        try:
            os.stat(self.folder / WORK_FOLDER)  # noqa: PTH116 - raises OSError if the share is disconnected
            mark = self._mark()
            state = ResultOnDisk(mark or "", file_digest(work), file_digest(target))
            if self._mark() != mark:  # the share was disconnected meanwhile
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        except OSError as error:
            return self._record_failure(NotDelivered(_reason(error), error.errno))
        self.failure = None
        return state

    def probe(self) -> DeliveryFailure | None:
        """Test whether the work folder is writable. Return the reason for a failure, or None, and set `failure`."""
        work = self.folder / WORK_FOLDER / f"{self._prefix}{os.urandom(8).hex()}.part"
        try:
            self._prepare()
            try:
                write_new(work, b"\n", self._mode)
            finally:
                work.unlink(missing_ok=True)
        except OSError as error:
            self.failure = _reason(error)
        else:
            self.failure = None
        return self.failure

    def clean(self, keep: Container[str] = ()) -> int:
        """Remove work files that this terminal left after a crash, except those in `keep` (results not handed over).

        Return the number of files removed. It is 0 if the folder does not exist.
        """
        removed = 0
        with contextlib.suppress(OSError):
            for work in list(self._work_files()):
                if work.name.removeprefix(self._prefix).removesuffix(".part") not in keep:
                    work.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _record_failure(self, outcome: DeliveryT) -> DeliveryT:
        """Set `failure` according to the outcome, and return the outcome."""
        match outcome:
            case NotDelivered(reason=reason):
                self.failure = reason
            case TargetExists(same=False):
                self.failure = DeliveryFailure.OCCUPIED
            case _:
                self.failure = None
        return outcome

    def _paths(self, name: str) -> tuple[Path, Path]:
        if not _NAME.fullmatch(name):
            raise ValueError("result file names consist of letters, digits, dots, hyphens and underscores")
        return self.folder / name, self.folder / WORK_FOLDER / f"{self._prefix}{name}.part"

    @property
    def _prefix(self) -> str:
        return f"{self._owner}~"

    def _work_files(self) -> Iterator[Path]:
        for path in (self.folder / WORK_FOLDER).iterdir():
            if path.name.startswith(self._prefix) and path.suffix == ".part":
                yield path

    def _prepare(self) -> str:
        """Return the folder's mark, creating the subfolder and the mark if needed."""
        if self._create and not self.folder.is_dir():
            private_folder(self.folder.parent)
            make_folder(self.folder, 0o750)
        work = self.folder / WORK_FOLDER
        make_folder(work, 0o770)
        if work.is_symlink() or not work.is_dir():  # a link could redirect patient data
            raise PermissionError(errno.EACCES, "the work folder is a link or a file")
        mark = self._mark()
        if mark is None:
            mark = os.urandom(16).hex()
            path = work / f"{self._prefix}mark"
            path.unlink(missing_ok=True)
            write_new(path, mark.encode(), self._mode)
        return mark

    def _mark(self) -> str | None:
        content = read_regular_file(self.folder / WORK_FOLDER / f"{self._prefix}mark")
        return content.decode() if content is not None and _MARK.fullmatch(content) else None


def _reason(error: OSError) -> DeliveryFailure:
    return _REASONS.get(error.errno or 0, DeliveryFailure.OTHER)


def _existing_target(target: Path, digest: str) -> TargetExists | NotDelivered:
    """Compare the existing file with the result's SHA-256."""
    try:
        return TargetExists(target, same=file_digest(target) == digest)
    except OSError as error:
        return NotDelivered(_reason(error), error.errno)
