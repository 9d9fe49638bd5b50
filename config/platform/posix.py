"""Operating system functions for Linux and macOS. Unsupported features are skipped and reported by return values."""

import contextlib
import ctypes
import errno
import fcntl
import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TextIO

_PR_SET_DUMPABLE = 4
_M_PERTURB, _PERTURB = -6, 0x5A
"""mallopt(3): option, and the byte written to freed memory."""
WIPING_ENVIRONMENT = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""Environment variables that disable Python's allocator and the C library's cache, so that all freed memory is
overwritten, including small strings such as names and numbers."""
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Signals that request termination."""
OPEN_BINARY = 0
"""Flag for `os.open` to read and write bytes unchanged; 0 on POSIX."""


# Files


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed. Return False if another process has locked it and `wait` is False."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_holder(lock_file: Path, locks: Path = Path("/proc/locks")) -> int | None:
    """Return the id of the process holding the lock, or None if the file is not locked or the holder is unknown."""
    try:
        status = lock_file.stat()
        lines = locks.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    file_id = (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    for line in lines:
        words = line.split()
        if len(words) < 6 or words[1] != "FLOCK" or words[3] != "WRITE":
            continue
        major, minor, inode = words[5].split(":")
        if (int(major, 16), int(minor, 16), int(inode)) == file_id:
            return int(words[4])
    return None


def sync_folder(folder: Path) -> None:
    """Sync file creations, renames and deletions in `folder` to disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_new(source: Path, target: Path) -> None:
    """Rename atomically without replacing an existing file.

    Raises FileExistsError, or OSError with ENOSYS, EINVAL or ENOTSUP if the system or file system does not support it.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    paths = os.fsencode(source), os.fsencode(target)
    if libc.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def accessible_to_others(path: Path) -> bool:
    """Return whether the group or others have any permission on `path`."""
    return bool(path.stat().st_mode & 0o077)


# The process


def restrict_to_owner() -> None:
    """Set the umask so that only the owner can access new files and folders."""
    os.umask(0o077)


def forbid_dumps() -> bool:
    """Disable core dumps and tracing by the user's other processes. Return False if either failed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def restart_with_wiping() -> None:
    """Restart the program with `WIPING_ENVIRONMENT`. Do nothing if it is already set or the C library is not glibc."""
    try:
        glibc = os.confstr("CS_GNU_LIBC_VERSION")
    except ValueError:
        glibc = None
    if glibc and not any(name in os.environ for name in WIPING_ENVIRONMENT):
        with contextlib.suppress(OSError):
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | WIPING_ENVIRONMENT)  # noqa: S606
    for name, value in WIPING_ENVIRONMENT.items():
        if os.environ.get(name) == value:  # not needed by child processes
            del os.environ[name]


def overwrite_freed_memory() -> bool:
    """Make glibc overwrite freed memory, including photos in the buffers of other libraries.

    Only large blocks are overwritten unless `WIPING_ENVIRONMENT` is set. Return False if the C library is not glibc.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_PERTURB, _PERTURB) == 1)
    except (OSError, AttributeError):
        return False


def lock_in_memory(buffer: bytearray) -> bool:
    """Prevent `buffer` from being swapped out. Return False if not permitted."""
    if not buffer:
        return True
    try:
        address = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
        return bool(ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(buffer))) == 0)
    except (OSError, AttributeError):
        return False


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGINT and SIGTERM. Must be called on the main thread."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop())


def account(name: str) -> tuple[int, int] | None:
    """Return the user and group ids of a user, or None if the user does not exist."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def is_administrator() -> bool:
    return os.geteuid() == 0


def programs(proc: Path = Path("/proc")) -> Iterator[tuple[int, str, str]]:
    """Yield the id, name and memory map (text; empty for other users' processes) of every other process."""
    for entry in proc.iterdir() if proc.is_dir() else ():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue  # the process exited
        try:
            memory_map = (entry / "maps").read_text(errors="replace")
        except OSError:
            memory_map = ""
        yield int(entry.name), name, memory_map


# Fonts

_FONTS = (
    Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf"),
    Path("/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
)
"""From the Debian packages fonts-morisawa-bizud-gothic, fonts-ipaexfont-gothic and fonts-noto-cjk."""


@cache
def japanese_fonts() -> tuple[Path, ...]:
    """Return installed Japanese fonts, best first. Query fontconfig if none of the Debian fonts is installed."""
    installed = tuple(path for path in _FONTS if path.exists())
    return installed or _fontconfig_fonts()


def _fontconfig_fonts() -> tuple[Path, ...]:
    program = shutil.which("fc-list")
    if program is None:
        return ()
    command = [program, "--format", "%{file}\n", ":lang=ja:scalable=true"]
    try:
        output = subprocess.run(command, capture_output=True, check=False, timeout=10).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(sorted(Path(line) for line in os.fsdecode(output).splitlines() if line))


# Devices


@contextlib.contextmanager
def hidden_input(stream: TextIO) -> Iterator[None]:
    """Disable echo on `stream`, which must be a terminal."""
    descriptor = stream.fileno()
    original = termios.tcgetattr(descriptor)
    silent = [*original]
    silent[3] = original[3] & ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, original)


def discard_input(stream: TextIO) -> None:
    """Discard unread input on `stream`, which must be a terminal."""
    termios.tcflush(stream.fileno(), termios.TCIFLUSH)


def is_camera(name: str) -> bool:
    """Return whether `name` is a camera number or a device path."""
    return name.isdecimal() or name.startswith("/dev/")


def camera_path(name: str) -> Path | None:
    """Return the device file of a camera, which may not exist, or None if the system has no camera device files."""
    if sys.platform != "linux" and name.isdecimal():
        return None
    return Path(f"/dev/video{name}" if name.isdecimal() else name)


_VIDIOC_QUERYCAP = 0x80685600
"""linux/videodev2.h: _IOR('V', 0, struct v4l2_capability)."""
_CAPABILITY_BYTES, _DRIVER_BYTES = 104, 16


def camera_driver(name: str) -> str | None:
    """Return the driver of a V4L2 device, such as `uvcvideo`, or None if unknown."""
    path = camera_path(name)
    if path is None:
        return None
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        capability = fcntl.ioctl(handle, _VIDIOC_QUERYCAP, bytes(_CAPABILITY_BYTES))
    except OSError:
        return None
    finally:
        os.close(handle)
    return capability[:_DRIVER_BYTES].rstrip(b"\0").decode("ascii", "replace")
