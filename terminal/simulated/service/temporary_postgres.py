"""A temporary PostgreSQL server for tests, benchmarks and experiments.

The server uses a free port of the loopback interface, trusts all local users and stores its data in a temporary folder.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from config.platform.current import system

_DEBIAN = Path("/usr/lib/postgresql")
_UNPRIVILEGED = "postgres"
_INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_START_SECONDS = 30


class PostgresMissing(Exception):
    """PostgreSQL is not available. The message gives the reason."""


class TemporaryPostgres:
    """A PostgreSQL server; use as a context manager. `durable`: False to disable fsync in tests without power loss."""

    def __init__(self, *, durable: bool = True) -> None:
        self._programs = _programs()
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="uketsuke-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_UNPRIVILEGED}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Disconnect all clients, stop, and delete the data. Can be called repeatedly."""
        self._stop_process(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def restart(self, *, after_seconds: float = 0.0) -> None:
        """Stop without shutdown, as in a power failure, and start again with the same data and port."""
        self._stop_process(signal.SIGQUIT)
        time.sleep(after_seconds)
        self._launch()

    def _stop_process(self, signal_number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal_number)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _process_options(self) -> dict[str, Any]:
        user = _other_user()
        return {
            "user": user[0] if user else None,
            "group": user[1] if user else None,
            "extra_groups": [] if user else None,
            "cwd": self._folder,
            "stdin": subprocess.DEVNULL,
        }

    def _start(self) -> None:
        data, user = self._folder / "data", _other_user()
        if user is not None:
            os.chown(self._folder, *user)
        result = subprocess.run(  # noqa: S603
            [self._programs / "initdb", "-D", data, "-U", _UNPRIVILEGED, *_INITDB],
            capture_output=True,
            check=False,
            **self._process_options(),
        )
        if result.returncode:
            raise PostgresMissing(f"initdb failed: {result.stderr.decode(errors='replace').strip()}")
        self._launch()

    def _launch(self) -> None:
        data = self._folder / "data"
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        if not self._durable:
            options += ["fsync=off", "full_page_writes=off"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [self._programs / "postgres", "-D", data, *(part for option in options for part in ("-c", option))],
                stdout=log,
                stderr=log,
                **self._process_options(),
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        import psycopg

        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > until:
                    log = (self._folder / "log").read_text(errors="replace")[-500:]
                    raise PostgresMissing(f"PostgreSQL did not start: {log}") from error
            time.sleep(0.02)


def _programs() -> Path:
    """Return the newest folder with `initdb` and `postgres`."""
    on_path = shutil.which("postgres")
    if on_path and shutil.which("initdb"):
        return Path(on_path).parent
    versions = sorted(
        (folder for folder in _DEBIAN.glob("*/bin") if (folder / "initdb").exists()),
        key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0),
    )
    if not versions:
        raise PostgresMissing("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    return versions[-1]


def _other_user() -> tuple[int, int] | None:
    """Return a user and group for PostgreSQL, which refuses to run as root, or None if this process is not root."""
    if not system.is_administrator():
        return None
    user = system.account(_UNPRIVILEGED)
    if user is None:
        raise PostgresMissing(f"PostgreSQL cannot run as root, and the user {_UNPRIVILEGED!r} does not exist")
    return user


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
