"""Private pcscd with the virtual reader, for `demo --pcsc` and for tests.

Any number of daemons can run in parallel with each other and with the system's daemon. Each one gets its socket by
socket activation (sd_listen_fds(3)), uses reader.conf(5) and port from a private folder, and finds no driver for USB
readers. It does not need root.

The virtual reader listens on all interfaces while the daemon runs. vpcd can also make an outgoing connection
(`DEVICENAME 127.0.0.1:PORT`), but the version in Debian 12 then aborts the daemon whenever there is no card ("bit out
of range 0 - FD_SETSIZE on fd_set", even if something listens and closes the connection).
"""

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SOCKET_NAME: Final = "PCSCLITE_CSOCK_NAME"
"""Environment variable with the daemon's socket. libpcsclite reads it once per process."""
VPCD_CONFIG: Final = Path("/etc/reader.conf.d/vpcd")
_SLOTS: Final = 2
_PORTS_TRIED: Final = 5
_READY_TIMEOUT: Final = 10.0
_STOP_TIMEOUT: Final = 5.0

# The daemon expects its socket as descriptor 3 and its own process id in LISTEN_PID.
_LAUNCH: Final = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null'


class PcscdError(RuntimeError):
    """The daemon cannot run. The message says why and what to do."""


class _Place:
    """This process's private folder: socket, configuration and an empty driver folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="uketsuke-pcscd-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = self.folder / "pcscd.comm"
        self.config = self.folder / "reader.conf.d"
        self.drivers = self.folder / "drivers"
        self.config.mkdir()
        self.drivers.mkdir()
        self.port = _free_port()

    def configure(self, reader_name: str) -> None:
        """Write Debian's configuration of the virtual reader with our port, and with `reader_name` unless empty."""
        lines = []
        for line in VPCD_CONFIG.read_text("utf-8").splitlines():
            name = line.split(maxsplit=1)[:1]
            if name == ["DEVICENAME"]:
                line = f"DEVICENAME /dev/null:{self.port}"
            elif name == ["CHANNELID"]:
                line = f"CHANNELID {self.port}"
            elif name == ["FRIENDLYNAME"] and reader_name:
                line = f'FRIENDLYNAME "{reader_name}"'
            lines.append(line + "\n")
        (self.config / "vpcd").write_text("".join(lines), "utf-8", "surrogateescape")

    def listen(self) -> socket.socket:
        self.socket.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(self.socket))
        listening.listen(16)
        return listening


_place = functools.cache(_Place)


def use_own_socket() -> None:
    """Point libpcsclite to the socket of this process's own daemon, which need not be running yet.

    Call this before anything else in the process uses PC/SC.
    """
    os.environ[SOCKET_NAME] = str(_place().socket)


class Pcscd:
    """Context manager for a private daemon with only the virtual reader. One at a time per process."""

    def __init__(self, reader_name: str = "") -> None:
        """`reader_name`: name of the virtual reader instead of Debian's `Virtual PCD`."""
        self._reader_name = reader_name
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        use_own_socket()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """TCP port on which the virtual reader waits for a card in its first slot."""
        return _place().port

    def start(self) -> None:
        """Start the daemon and wait until it lists the virtual reader. Raises `PcscdError`."""
        program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/sbin")
        if program is None:
            raise PcscdError("pcscd is not installed: install the packages pcscd and vsmartcard-vpcd")
        if not VPCD_CONFIG.exists():
            raise PcscdError(f"the virtual reader is not configured ({VPCD_CONFIG}): install vsmartcard-vpcd")
        place = _place()
        for _ in range(_PORTS_TRIED):
            self._launch(program, place)
            if self._ready():
                return
            self.stop()
            place.port = _free_port()
        raise PcscdError("pcscd is running but does not list the virtual reader")

    def _launch(self, program: str, place: _Place) -> None:
        place.configure(self._reader_name)
        with place.listen() as listening:
            self._process = subprocess.Popen(  # noqa: S603 - the system's daemon; the shell line is fixed
                ["/bin/sh", "-c", _LAUNCH, "sh", program, "--foreground", "--critical", "--config", str(place.config)],
                stdin=listening.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PCSCLITE_HP_DROPDIR": str(place.drivers)},
            )

    def _ready(self) -> bool:
        """Wait until the reader is listed; False if its port was taken in the meantime. Raises `PcscdError`."""
        from reader.pcsc import PcscUnavailable, list_readers

        process = self._process
        assert process is not None
        deadline = time.monotonic() + _READY_TIMEOUT
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                raise PcscdError(f"pcscd exited at start (status {process.returncode})")
            with contextlib.suppress(PcscUnavailable):
                # the daemon sets up its readers before it listens, so the first answer includes them
                return len(list_readers()) >= _SLOTS
            time.sleep(0.02)
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the daemon if it is running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    """Return a port that is free on all interfaces, as is the next one. Each slot needs one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("", port + 1))
                return port
