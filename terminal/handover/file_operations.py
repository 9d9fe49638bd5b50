"""File operations for the result folder: complete writes, moves that replace nothing, reads that follow no links."""

import contextlib
import errno
import os
import time
from hashlib import sha256
from pathlib import Path

from config.platform.current import system
from terminal.handover.reading import FileTooLarge, read_file

PAUSE_BEFORE_WRITE = 0.5
"""Seconds between creating a file and writing it. Polling watchers check several times per second."""
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_NO_RENAME_FLAGS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_NOT_REGULAR = (errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EISDIR)
_MAX_SIZE = 64 * 1024 * 1024


def make_folder(folder: Path, mode: int) -> None:
    """Create a folder with this mode regardless of the umask, for a receipt computer that runs as another user."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # shares may not support modes
        folder.chmod(mode)


def exists(path: Path) -> bool:
    """Return whether the path exists, even as a broken link."""
    return os.path.lexists(path)


def read_regular_file(path: Path) -> bytes | None:
    """Read a regular file, or return None if it does not exist. Raises OSError for other types, such as links."""
    return read_file(path, _MAX_SIZE)


def file_digest(path: Path) -> str | None:
    """Return the SHA-256 (hexadecimal), None if the file does not exist, or "no-file" if it is not a regular file."""
    try:
        data = read_regular_file(path)
    except (FileTooLarge, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NOT_REGULAR:
            raise
        return "no-file"
    return None if data is None else sha256(data).hexdigest()


def write_new(path: Path, data: bytes, mode: int, delay: float = 0.0) -> None:
    """Create a file, wait `delay` seconds, then write and sync the content."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.OPEN_BINARY, 0o600)
    try:
        with contextlib.suppress(OSError):  # shares may not support modes
            os.chmod(path, mode)  # noqa: PTH101
        if delay:
            time.sleep(delay)
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        os.fsync(descriptor)
    except OSError:
        # erase the patient data even if the file cannot be deleted
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        raise
    finally:
        os.close(descriptor)


def replace_file(work: Path, data: bytes, mode: int) -> None:
    temporary = work.with_name(f"{work.stem}.new{work.suffix}")
    try:
        if exists(temporary):
            temporary.unlink()
        write_new(temporary, data, mode)
        temporary.replace(work)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def remove_partial(target: Path, data: bytes) -> None:
    """Remove an incomplete file left by a crash while writing in place."""
    with contextlib.suppress(OSError, FileTooLarge):
        content = read_regular_file(target)
        if content is not None and len(content) < len(data) and data.startswith(content):
            target.unlink()


def write_in_place(target: Path, data: bytes, mode: int) -> None:
    """Create an empty file and write it after a pause, so that watchers notice a new file and a change."""
    try:
        write_new(target, data, mode, PAUSE_BEFORE_WRITE)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def move_into_folder(work: Path, target: Path) -> None:
    """Move the work file into the folder. Raises FileExistsError if the target exists.

    Uses an atomic rename that replaces nothing if the file system supports it. After a crash, only one of the two files
    exists. Otherwise, it creates a hard link and removes the work file. A crash in between leaves both files. Without
    hard links, it checks for the target and renames.
    """
    try:
        system.rename_new(work, target)
    except OSError as error:
        if error.errno not in _NO_RENAME_FLAGS:
            raise
    else:
        return
    try:
        os.link(work, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
    else:
        work.unlink()
        return
    # the name contains the check id, which prevents races: no other process creates this file
    if exists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    work.rename(target)


def sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not supported by some file systems
        system.sync_folder(folder)
