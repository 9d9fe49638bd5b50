"""Run uketsuke without the modules and functions that Windows lacks.

`import` imports every module, and `lock FILE` locks a file. Other arguments are passed to the `uketsuke` command.
"""

import asyncio.unix_events  # the standard library requires it, so load it before POSIX is removed
import concurrent.futures.process
import fcntl
import getpass
import importlib
import importlib.abc
import importlib.util
import multiprocessing.util
import os
import pkgutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

ROOT = Path(__file__).parents[2]
MISSING_MODULES = ("fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "uvloop")
MISSING_IN_OS = (
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "pread", "pwrite", "fchmod", "fchown", "chown"),
    *("geteuid", "getgid", "mkfifo", "mknod", "setsid", "killpg", "getpgid", "forkpty", "openpty", "statvfs", "sync"),
)
NOT_IMPORTED = (
    "config.platform.posix",
    "reader.softcard.pcscd",  # runs Debian's daemon
    "terminal.simulated.service.storage.migrations",  # imported only by alembic
    "terminal.simulated.service.temporary_postgres",  # runs Debian's PostgreSQL
)
PRELOADED = (asyncio, concurrent.futures.process, getpass, multiprocessing.util, sqlite3, subprocess, tempfile)


class HideMissingModules(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in MISSING_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def fake_msvcrt() -> types.ModuleType:
    """Return a module whose `locking` locks one byte at the file position, like msvcrt's."""
    module = types.ModuleType("msvcrt")

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1), "expected a non-blocking lock of one byte"
        assert os.lseek(descriptor, 0, os.SEEK_CUR) > 0, "other processes cannot read a locked range"
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    for name, value in {"locking": locking, "LK_NBLCK": 2, "kbhit": lambda: False, "getwch": lambda: ""}.items():
        setattr(module, name, value)
    return module


def remove_posix() -> None:
    sys.modules["msvcrt"] = fake_msvcrt()
    for name in MISSING_MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, HideMissingModules())
    for name in MISSING_IN_OS:
        if hasattr(os, name):
            delattr(os, name)
    os.O_BINARY = 0  # type: ignore[attr-defined]
    signal.SIGBREAK = signal.SIGQUIT  # type: ignore[attr-defined]
    sys.path.insert(0, str(ROOT))
    platform = sys.platform
    sys.platform = "win32"
    try:
        importlib.import_module("config.platform.current")  # loads the Windows implementation, which stays in use
    finally:
        sys.platform = platform


def import_all() -> int:
    names = [
        module.name
        for package in ("config", "consent", "reader", "vision", "terminal")
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        if not module.name.startswith(NOT_IMPORTED)
    ]
    for name in names:
        importlib.import_module(name)
    return len(names)


def lock(path: Path) -> list[bool]:
    from config.platform.current import system

    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    acquired = [system.lock(first, wait=False), system.lock(second, wait=False)]
    os.close(first)
    return [*acquired, system.lock(second, wait=True)]


def main() -> None:
    remove_posix()
    match sys.argv[1:]:
        case ["import"]:
            sys.stdout.write(str(import_all()))
        case ["lock", path]:
            sys.stdout.write(" ".join(map(str, lock(Path(path)))))
        case _:
            from terminal.cli.entry import main as command_line

            command_line()


if __name__ == "__main__":
    main()
