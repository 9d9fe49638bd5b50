"""Windows counterpart of `posix`. Tested with a fake msvcrt (tests/config) but not yet on Windows."""

import contextlib
import errno
import msvcrt
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

assert sys.platform == "win32"

STOP_SIGNALS = (signal.SIGINT, signal.SIGBREAK)
OPEN_BINARY = os.O_BINARY
_LOCK_AT = 1 << 30
"""Offset of the locked byte, beyond the end of any file: other processes cannot read a locked range."""


def lock(descriptor: int, *, wait: bool) -> bool:
    while True:
        os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            if not wait:
                return False
            time.sleep(0.05)
        else:
            return True


def lock_holder(lock_file: Path) -> int | None:
    return None


def sync_folder(folder: Path) -> None:
    """Do nothing: NTFS journals file names, and folders cannot be flushed."""


def rename_new(source: Path, target: Path) -> None:
    # on Windows, Python's rename does not replace files
    source.rename(target)


def accessible_to_others(path: Path) -> bool:
    return False


def restrict_to_owner() -> None:
    """Do nothing: only their owner can read user profiles."""


def forbid_dumps() -> bool:
    return False


WIPING_ENVIRONMENT: dict[str, str] = {}


def restart_with_wiping() -> None:
    """Do nothing: Windows has no equivalent."""


def overwrite_freed_memory() -> bool:
    return False


def lock_in_memory(buffer: bytearray) -> bool:
    return False


def on_stop(stop: Callable[[], None]) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop())


def account(name: str) -> tuple[int, int] | None:
    return None


def is_administrator() -> bool:
    return False


def programs() -> Iterator[tuple[int, str, str]]:
    return iter(())


def japanese_fonts() -> tuple[Path, ...]:
    folder = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "Fonts"
    names = ("BIZ-UDGothicR.ttc", "YuGothR.ttc", "meiryo.ttc", "msgothic.ttc")
    return tuple(path for path in (folder / name for name in names) if path.exists())


@contextlib.contextmanager
def hidden_input(stream: TextIO) -> Iterator[None]:
    if stream.isatty():
        raise OSError(errno.ENOTSUP, "cannot hide typed input on this system")
    yield


def discard_input(stream: TextIO) -> None:
    while msvcrt.kbhit():
        msvcrt.getwch()


def is_camera(name: str) -> bool:
    return name.isdecimal()


def camera_path(name: str) -> Path | None:
    return None


def camera_driver(name: str) -> str | None:
    """Return None: OpenCV opens cameras by number, from which the driver cannot be determined."""
    return None
