"""Read files written by other programs: only plain files, up to a maximum size."""

import errno
import os
import stat
from pathlib import Path

from config.platform.chosen import system


class TooLarge(Exception):
    pass


def read_file(path: Path, largest: int) -> bytes | None:
    """Read a complete file, or return None if it does not exist. Raises `TooLarge`, `OSError`.

    Follows no link and waits for no pipe. ESTALE, from a share without its server, is an error because the file's state
    is unknown.
    """
    flags = os.O_RDONLY | system.OPEN_BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
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
