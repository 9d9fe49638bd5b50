"""Run the service stub in a thread of this process or as a separate program."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import uvicorn

from config.garbage_collection import resume
from terminal.qualification.connection import is_loopback
from terminal.qualification.tls_files import TlsFiles
from terminal.simulated.service import connections
from terminal.simulated.service.app import create_app
from terminal.simulated.service.enrolment import registry_path, service_key
from terminal.simulated.service.listening import listen
from terminal.simulated.service.misbehaviour import Misbehaviour, Setting
from terminal.simulated.service.people import People, fictitious_people
from terminal.simulated.service.registry import RegistryFile
from terminal.simulated.service.service import Clock, ServiceRules, StubService, utc_now
from terminal.simulated.service.storage.store import ServiceStore

DEFAULT_PORT = 8642
_START_SECONDS = 20
SWITCH_SECONDS = 0.0005


def open_service(
    state_dir: Path,
    *,
    in_memory: bool = False,
    database_url: str | None = None,
    people: People | None = None,
    clock: Clock = utc_now,
    rules: ServiceRules | None = None,
) -> StubService:
    """Open the service with the key and registry of a state folder.

    `in_memory`: do not store checks and submissions on disk. `database_url`: database to use instead of SQLite in the
    state folder (postgresql://...). Several processes can share it.
    """
    url = None if in_memory else database_url or f"sqlite:///{state_dir / 'stub' / 'service.sqlite'}"
    return StubService(
        RegistryFile(registry_path(state_dir)),
        ServiceStore(url),
        service_key(state_dir),
        people=people,
        clock=clock,
        rules=rules,
    )


class StubServer:
    """Runs the service on a loopback port in a separate thread. Can be stopped and restarted on the same port.

    `line`: use TLS and accept only terminals with a certificate of the same authority.
    """

    def __init__(
        self,
        service: StubService,
        *,
        behaviour: Misbehaviour | None = None,
        port: int = 0,
        line: TlsFiles | None = None,
    ) -> None:
        self.service = service
        self.behaviour = behaviour or Misbehaviour()
        self._port = port
        self._line = line
        self._server: uvicorn.Server | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self._line else 'http'}://127.0.0.1:{self._port}"

    def start(self, listener: socket.socket | None = None) -> str:
        """Start the service, wait until it answers, and return its URL.

        `listener`: a bound socket to use. Raises `OSError` if the port is in use.
        """
        listener = listener or listen("127.0.0.1", self._port)
        self._port = listener.getsockname()[1]
        server = _server(self.service, self.behaviour, self._line)
        self._server = server
        self._thread = Thread(target=server.run, args=([listener],), name="qualification-stub", daemon=True)
        self._thread.start()
        until = monotonic() + _START_SECONDS
        while not server.started:
            if not self._thread.is_alive() or monotonic() > until:
                raise OSError("the service stub did not start")
            sleep(0.005)
        return self.url

    def stop(self) -> None:
        """Close all connections and stop the server, but not the service. Safe to call repeatedly."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._server = self._thread = None

    def close(self) -> None:
        """Stop the server and close the service."""
        self.stop()
        self.service.close()


def serve(
    state_dir: Path,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    in_memory: bool = False,
    database_url: str | None = None,
    people_file: Path | None = None,
    behaviour: Iterable[Setting] = (),
    line: TlsFiles | None = None,
    share_port: bool = False,
) -> None:
    """Run the service until interrupted. `share_port`: allow other processes with the same database to use the port.

    Raises `ValueError` if `line` is required (see `require_line`) or a rule names an unknown person.
    """
    require_line(host, line)
    people, settings = fictitious_people(people_file), tuple(behaviour)
    unknown = [setting.person for setting in settings if setting.person is not None and setting.person not in people]
    if unknown:
        raise ValueError(f"stub behaviour: unknown person {unknown[0]!r}")
    service = open_service(state_dir, in_memory=in_memory, database_url=database_url, people=people)
    # A commit acquires the interpreter lock a dozen times in the store's thread. While the event loop is busy, each
    # acquisition takes this interval.
    sys.setswitchinterval(SWITCH_SECONDS)
    resume()
    try:
        with listen(host, port, share=share_port) as listener:
            _server(service, Misbehaviour(settings), line).run([listener])
    finally:
        service.close()


def require_line(host: str, line: TlsFiles | None) -> None:
    """Raise `ValueError` if other computers can reach the host without TLS."""
    if line is None and not is_loopback(host):
        raise ValueError(
            f"{host}: without TLS the service stub listens on this computer (127.0.0.1) only. "
            "Create keys with `uketsuke pki` and pass their folder."
        )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, behaviour: Misbehaviour) -> None:
        super().__init__(config)
        self._behaviour = behaviour

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.is_ssl:
            # asyncio's default lets a silent client occupy a file descriptor for a minute
            loop = asyncio.get_running_loop()
            limited = partial(loop.create_server, ssl_handshake_timeout=connections.HANDSHAKE_SECONDS)
            loop.create_server = limited  # type: ignore[method-assign]
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._behaviour.release_all()
        await super().shutdown(sockets)


def _server(service: StubService, behaviour: Misbehaviour, line: TlsFiles | None) -> uvicorn.Server:
    tls: dict[str, Any] = {}
    if line is not None:
        tls = {
            "ssl_certfile": line.certificate,
            "ssl_keyfile": line.key,
            "ssl_ca_certs": str(line.authority),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
    return _Server(
        uvicorn.Config(
            create_app(service, behaviour),
            http=connections.LimitedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # paths contain check ids
            proxy_headers=False,  # a client could claim to be on this computer
            server_header=False,
            timeout_graceful_shutdown=1,
            # longer than a terminal's own limit, so that a connection is not closed while a request is being sent
            timeout_keep_alive=75,
            **tls,
        ),
        behaviour,
    )
