"""Read a file that someone else put into a folder: plain files alone, up to a size."""

import errno
import os
import stat
from pathlib import Path

_GONE = (errno.ENOENT, errno.ESTALE)


class TooLarge(Exception):
    pass


def read_whole(path: Path, largest: int) -> bytes | None:
    """None when it has gone. Follows no link and waits for no pipe. Raises `TooLarge`, `OSError`."""
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if status.st_size > largest:
            raise TooLarge
        pieces, left = [], largest + 1
        while left and (piece := os.read(descriptor, min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
        if not left:
            raise TooLarge
        return b"".join(pieces)
    finally:
        os.close(descriptor)
