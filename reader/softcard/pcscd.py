"""Runs the real pcscd for as long as it is needed: for `demo --pcsc` and for tests, one per machine."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

SOCKET: Final = Path("/run/pcscd/pcscd.comm")
VPCD_CONFIG: Final = Path("/etc/reader.conf.d/vpcd")
_READY_TIMEOUT: Final = 10.0
_STOP_TIMEOUT: Final = 5.0


class PcscdError(RuntimeError):
    """The daemon cannot be had: why, and what to do."""


def pcscd_answers() -> bool:
    """Whether a daemon listens on its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(SOCKET)) == 0


class Pcscd:
    """Context manager: the daemon with its virtual reader, started if none runs, and then stopped again.

    Holds a lock on this machine meanwhile; another user of the class waits for it.
    """

    def __init__(self, *, lock_timeout: float = 120.0) -> None:
        self._lock_timeout = lock_timeout
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._lock = _take_lock(self._lock_timeout)
        try:
            if not pcscd_answers():
                self.start()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._release()

    @property
    def ours(self) -> bool:
        """Whether the daemon is the one started here, and so may be stopped."""
        return self._process is not None

    def start(self) -> None:
        """Start the daemon and wait until it lists the virtual reader. Raises `PcscdError`."""
        program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/sbin")
        if program is None:
            raise PcscdError("pcscd is not installed: install the packages pcscd and vsmartcard-vpcd")
        if not VPCD_CONFIG.exists():
            raise PcscdError(f"the virtual reader is not configured ({VPCD_CONFIG}): install vsmartcard-vpcd")
        self._process = subprocess.Popen(  # noqa: S603 - the system's daemon, no shell
            [program, "--foreground", "--error"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _READY_TIMEOUT
        while not _virtual_reader_listed():
            if self._process.poll() is not None:
                self._process = None
                raise PcscdError("pcscd ended at once: it needs root, and no other pcscd beside it")
            if time.monotonic() > deadline:
                self.stop()
                raise PcscdError("pcscd runs and does not list the virtual reader")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the daemon started here; another's is left alone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _virtual_reader_listed() -> bool:
    if not pcscd_answers():
        return False
    from reader.pcsc import PcscUnavailable, list_readers

    try:
        return any("Virtual PCD" in name for name in list_readers())
    except PcscUnavailable:
        return False


def _take_lock(timeout: float) -> IO[bytes]:
    path = Path(tempfile.gettempdir()) / "uketsuke-pcscd.lock"
    lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.close()
                raise PcscdError("another process has been using pcscd for too long") from None
            time.sleep(0.1)
        else:
            return lock
