"""The handover helper process with a faulty share: full, read-only, stale, hanging or slow.

The file named by `UKETSUKE_TEST_SHARE` contains the fault and is read on each access to the share.
"""

import errno
import os
import time
from pathlib import Path
from typing import Any

from terminal.handover import helper

CONTROL = "UKETSUKE_TEST_SHARE"
SHARE_FAULTS = ("full", "read-only", "stale", "hangs", "slow")
_ERRORS = {"read-only": errno.EROFS, "stale": errno.ESTALE}

PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tests.reliability.faulty_share import main; main(sys.argv[2])"
)
"""Replacement for `terminal.handover.process._PROGRAM`."""


def main(argument: str) -> None:
    control = Path(os.environ[CONTROL])

    def read_fault() -> str:
        try:
            return control.read_text()
        except FileNotFoundError:
            return ""

    real_open, real_write = os.open, os.write

    def open_(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        while (fault := read_fault()) == "hangs":
            time.sleep(0.01)
        if fault == "slow":
            time.sleep(0.05)
        if fault in _ERRORS and (fault == "stale" or flags & os.O_CREAT):
            raise OSError(_ERRORS[fault], os.strerror(_ERRORS[fault]), os.fspath(path))
        return real_open(path, flags, *args, **kwargs)

    def write(descriptor: int, data: Any) -> int:
        """If the disk is full, write half of the data before failing."""
        if descriptor > 2 and read_fault() == "full":
            half = bytes(data)[: len(data) // 2]
            if half:
                real_write(descriptor, half)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(descriptor, data)

    os.open, os.write = open_, write
    helper.main(argument)
