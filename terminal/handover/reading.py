"""Read regular files written by other programs, up to a maximum size."""

import errno
import os
import stat
from pathlib import Path

from config.platform.current import system


class FileTooLarge(Exception):
    pass


def read_file(path: Path, max_size: int) -> bytes | None:
    """Read a complete file, or return None if it does not exist. Raises FileTooLarge and OSError.

    Does not follow links or wait for pipes. Raises OSError for ESTALE, which means that a share has lost its server,
    because the file may exist.
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
        if status.st_size > max_size:
            raise FileTooLarge
        chunks, remaining = [], max_size + 1
        while remaining and (chunk := os.read(descriptor, min(remaining, 1 << 20))):
            chunks.append(chunk)
            remaining -= len(chunk)
        if not remaining:
            raise FileTooLarge
        return b"".join(chunks)
    finally:
        os.close(descriptor)
