"""The hand-over helper process on a share that fails on request: full, read-only, stale, hanging or slow.

The file named by `UKETSUKE_TEST_SHARE` contains the fault; it is read at each call that uses the share.
"""

import errno
import os
import time
from pathlib import Path
from typing import Any

from terminal.handover import helper

CONTROL = "UKETSUKE_TEST_SHARE"
MANNERS = ("full", "read-only", "stale", "hangs", "slow")
_ERRORS = {"read-only": errno.EROFS, "stale": errno.ESTALE}

PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tests.reliability.faulty_share import main; main(sys.argv[2])"
)
"""Replaces `terminal.handover.process._PROGRAM`."""


def main(argument: str) -> None:
    control = Path(os.environ[CONTROL])

    def manner() -> str:
        try:
            return control.read_text()
        except FileNotFoundError:
            return ""

    real_open, real_write = os.open, os.write

    def open_(path: Any, flags: int, *more: Any, **named: Any) -> int:
        while (now := manner()) == "hangs":
            time.sleep(0.01)
        if now == "slow":
            time.sleep(0.05)
        if now in _ERRORS and (now == "stale" or flags & os.O_CREAT):
            raise OSError(_ERRORS[now], os.strerror(_ERRORS[now]), os.fspath(path))
        return real_open(path, flags, *more, **named)

    def write(descriptor: int, data: Any) -> int:
        """Write half of the data first if the disk is full."""
        if descriptor > 2 and manner() == "full":
            half = bytes(data)[: len(data) // 2]
            if half:
                real_write(descriptor, half)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(descriptor, data)

    os.open, os.write = open_, write
    helper.main(argument)
