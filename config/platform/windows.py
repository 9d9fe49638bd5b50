"""Windows: the same names as `posix`. Tested with a fake msvcrt (tests/config), but never run on Windows."""

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
"""Offset beyond the end of any file, because other processes cannot read a locked range."""


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
    """Do nothing: user profiles are only readable by their owner."""


def forbid_dumps() -> bool:
    return False


FORGETFUL: dict[str, str] = {}


def restart_forgetful() -> None:
    """Do nothing: Windows has no such environment."""


def overwrite_freed_memory() -> bool:
    return False


def keep_in_memory(buffer: bytearray) -> bool:
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
        raise OSError(errno.ENOTSUP, "typed input cannot be hidden here")
    yield


def drop_typed(stream: TextIO) -> None:
    while msvcrt.kbhit():
        msvcrt.getwch()


def is_camera(name: str) -> bool:
    return name.isdecimal()


def camera_path(name: str) -> Path | None:
    return None


def camera_driver(name: str) -> str | None:
    """Return None: OpenCV opens a camera by number, and the number does not reveal the driver."""
    return None
