"""Files of the result folder on disk: written completely, moved without replacing, read without following links."""

import contextlib
import errno
import os
import time
from hashlib import sha256
from pathlib import Path

from config.platform.chosen import system
from terminal.handover.reading import TooLarge, read_whole

BEFORE_CHANGE = 0.5
"""Seconds; watchers that poll look several times a second."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_NO_FLAGS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
_NO_FILE = (errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EISDIR)
_LARGEST = 64 * 1024 * 1024


def make_folder(folder: Path, mode: int) -> None:
    """With this mode whatever the umask: the receipt computer's user is another one."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # a share may have no modes
        folder.chmod(mode)


def is_there(path: Path) -> bool:
    """Also a link that leads nowhere: nothing is written through it."""
    return os.path.lexists(path)


def read_plain(path: Path) -> bytes | None:
    """None if there is nothing. Follows no link and waits for no pipe; anything but a plain file is an OSError."""
    return read_whole(path, _LARGEST)


def digest_of(path: Path) -> str | None:
    """Return the SHA-256; for anything but a plain file, or a very large one, a value that no result has."""
    try:
        data = read_plain(path)
    except (TooLarge, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_FILE:
            raise
        return "no-file"
    return None if data is None else sha256(data).hexdigest()


def write_new(path: Path, data: bytes, mode: int, wait: float = 0.0) -> None:
    """`wait`: seconds between the empty file and its content."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | system.OPEN_BINARY, 0o600)
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
        # Should removing fail too, no patient data stays in it.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        raise
    finally:
        os.close(descriptor)


def write_over(work: Path, data: bytes, mode: int) -> None:
    aside = work.with_name(f"{work.stem}.new{work.suffix}")
    try:
        if is_there(aside):
            aside.unlink()
        write_new(aside, data, mode)
        aside.replace(work)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def remove_half(target: Path, data: bytes) -> None:
    """Remove what a crash left of this file, which was being written in place."""
    with contextlib.suppress(OSError, TooLarge):
        there = read_plain(target)
        if there is not None and len(there) < len(data) and data.startswith(there):
            target.unlink()


def write_in_place(target: Path, data: bytes, mode: int) -> None:
    """Write an empty file first, its content after a moment: watchers distinguish new files from changed ones."""
    try:
        write_new(target, data, mode, BEFORE_CHANGE)
    except FileExistsError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def move_in(work: Path, target: Path) -> None:
    """Raises `FileExistsError` rather than replace.

    One rename that does not replace, where the file system has it: then the work file is gone exactly when the result
    is there, and after a crash it is known whether it was moved. A hard link and a removal elsewhere: a crash between
    the two gives the file a second time. A look and a plain rename where there are no links either.
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
    # A name carries its check's id, so no other process writes it between the check and the move.
    if is_there(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    work.rename(target)


def sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot
        system.sync_folder(folder)
