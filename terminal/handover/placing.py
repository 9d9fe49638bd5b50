"""File operations of the result folder: complete writes, moves that never replace, reads that follow no links."""

import contextlib
import errno
import os
import time
from hashlib import sha256
from pathlib import Path

from config.platform.chosen import system
from terminal.handover.reading import TooLarge, read_file

BEFORE_CHANGE = 0.5
"""Seconds before the content is written. Polling watchers look several times per second."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_NO_FLAGS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_NO_FILE = (errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EISDIR)
_MAX_SIZE = 64 * 1024 * 1024


def make_folder(folder: Path, mode: int) -> None:
    """Create a folder with this mode regardless of the umask, because the receipt computer uses another user."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # shares may not support modes
        folder.chmod(mode)


def exists(path: Path) -> bool:
    """Return whether anything has this path, including a broken link."""
    return os.path.lexists(path)


def read_plain(path: Path) -> bytes | None:
    """Read a plain file, or return None if it does not exist. Raises OSError for anything else, such as a link."""
    return read_file(path, _MAX_SIZE)


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 (hexadecimal), None if there is no file, or "no-file" for anything but a plain file."""
    try:
        data = read_plain(path)
    except (TooLarge, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_FILE:
            raise
        return "no-file"
    return None if data is None else sha256(data).hexdigest()


def write_new(path: Path, data: bytes, mode: int, wait: float = 0.0) -> None:
    """Create a file and write it completely. `wait`: seconds between creating it and writing the content."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.OPEN_BINARY, 0o600)
    try:
        with contextlib.suppress(OSError):  # shares may not support modes
            os.chmod(path, mode)  # noqa: PTH101
        if wait:
            time.sleep(wait)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        # leave no patient data even if the file cannot be removed
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        raise
    finally:
        os.close(descriptor)


def write_over(work: Path, data: bytes, mode: int) -> None:
    aside = work.with_name(f"{work.stem}.new{work.suffix}")
    try:
        if exists(aside):
            aside.unlink()
        write_new(aside, data, mode)
        aside.replace(work)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def remove_partial(target: Path, data: bytes) -> None:
    """Remove a half-written file left by a crash while writing in place."""
    with contextlib.suppress(OSError, TooLarge):
        half = read_plain(target)
        if half is not None and len(half) < len(data) and data.startswith(half):
            target.unlink()


def write_in_place(target: Path, data: bytes, mode: int) -> None:
    """Create an empty file and write its content later, so that watchers notice both a new and a changed file."""
    try:
        write_new(target, data, mode, BEFORE_CHANGE)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def move_in(work: Path, target: Path) -> None:
    """Move the work file into the folder. Raises `FileExistsError` instead of replacing a file.

    Uses a rename that does not replace, if the file system supports it: the work file then disappears exactly when the
    result appears, so that a crash leaves no doubt. Otherwise it uses a hard link and removes the work file; after a
    crash in between, both exist. If hard links are not supported either, it checks for a file and renames.
    """
    try:
        system.rename_new(work, target)
    except OSError as error:
        if error.errno not in _NO_FLAGS:
            raise
    else:
        return
    try:
        os.link(work, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        work.unlink()
        return
    # the name contains the check's id, so no other process writes it between check and rename
    if exists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    work.rename(target)


def sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not supported by some file systems
        system.sync_folder(folder)
