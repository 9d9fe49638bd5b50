"""Private pcscd with the virtual reader, for `demo --pcsc` and tests. Does not require root.

Daemons can run in parallel with each other and with the system's daemon. Each daemon receives its socket by socket
activation (sd_listen_fds(3)), reads its reader.conf(5) from a private folder, and has no drivers for USB readers.

The virtual reader listens on all interfaces while the daemon runs. vpcd also supports outgoing connections
(`DEVICENAME 127.0.0.1:PORT`), but the version in Debian 12 then aborts the daemon if there is no card ("bit out of
range 0 - FD_SETSIZE on fd_set", even if a server accepts and closes the connection).
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
"""Environment variable with the path of the daemon's socket. libpcsclite reads it once per process."""
VPCD_CONFIG: Final = Path("/etc/reader.conf.d/vpcd")
_SLOTS: Final = 2
_PORTS_TRIED: Final = 5
_READY_TIMEOUT: Final = 10.0
_STOP_TIMEOUT: Final = 5.0

# the daemon expects its socket as descriptor 3, and its own process id in LISTEN_PID
_LAUNCH: Final = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null'


class PcscdError(RuntimeError):
    """The daemon cannot run. The message contains cause and remedy."""


class _PrivateFolder:
    """Private folder of this process, with socket, configuration and an empty driver folder."""

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
        """Write Debian's virtual reader configuration with our port, and with `reader_name` if not empty."""
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


_private_folder = functools.cache(_PrivateFolder)


def use_own_socket() -> None:
    """Configure libpcsclite to use the socket of this process's daemon, whether or not it is running.

    Call this before the first use of PC/SC in the process.
    """
    os.environ[SOCKET_NAME] = str(_private_folder().socket)


class Pcscd:
    """Context manager for a private daemon with only the virtual reader. Use one at a time per process."""

    def __init__(self, reader_name: str = "") -> None:
        """`reader_name`: name of the virtual reader, by default Debian's `Virtual PCD`."""
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
        """TCP port of the virtual reader's first slot."""
        return _private_folder().port

    def start(self) -> None:
        """Start the daemon and wait until it lists the virtual reader. Raises `PcscdError`."""
        program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/sbin")
        if program is None:
            raise PcscdError("pcscd is not installed. Install the packages pcscd and vsmartcard-vpcd.")
        if not VPCD_CONFIG.exists():
            raise PcscdError(f"the virtual reader is not configured ({VPCD_CONFIG}). Install vsmartcard-vpcd.")
        place = _private_folder()
        for _ in range(_PORTS_TRIED):
            self._launch(program, place)
            if self._ready():
                return
            self.stop()
            place.port = _free_port()
        raise PcscdError("pcscd is running but does not list the virtual reader")

    def _launch(self, program: str, place: _PrivateFolder) -> None:
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
        """Wait until the reader is listed. Returns False if another process uses its port. Raises `PcscdError`."""
        from reader.pcsc import PcscUnavailable, list_readers

        process = self._process
        assert process is not None
        deadline = time.monotonic() + _READY_TIMEOUT
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                raise PcscdError(f"pcscd exited at start (status {process.returncode})")
            with contextlib.suppress(PcscUnavailable):
                # the daemon initialises its readers before it answers, so its first list is complete
                return len(list_readers()) >= _SLOTS
            time.sleep(0.02)
        return False

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop the daemon if it is running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(stop_signal)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    """Return a port that is free on all interfaces together with the next port, one for each slot."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("", port + 1))
                return port
