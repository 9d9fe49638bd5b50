"""The service stub in a process of its own, told over a pipe how to misbehave: its memory is not the terminal's."""

import multiprocessing
import os
import socket
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from terminal.simulated.service.misbehaviour import Misbehaviour, Operation, Rule

_START_SECONDS = 20.0
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.reliability.service_process", "terminal.simulated.service.server"])


class ServiceProcess:
    """Use as a context manager; the state folder holds registry and keys. Checks are kept in memory."""

    def __init__(self, state_dir: Path, people: Path | None = None) -> None:
        """`people`: own invented people, as TOML."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._tell, hears = FORKS.Pipe()
        self._process = FORKS.Process(target=_serve, args=(str(state_dir), self._port, hears, people), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._process.start()
        until = time.monotonic() + _START_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self
            if time.monotonic() > until or not self._process.is_alive():
                raise RuntimeError("the service stub did not start")
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._tell.close()

    def set(self, operation: Operation, rule: Rule) -> None:
        self._tell.send((operation, rule))

    def behave(self) -> None:
        """Return when every rule is gone."""
        self._tell.send(None)
        if self._tell.poll(10):
            self._tell.recv()


def _serve(state_dir: str, port: int, hears: Connection, people: Path | None) -> None:
    from terminal.simulated.service.people import invented_people
    from terminal.simulated.service.server import StubServer, open_service

    behaviour = Misbehaviour()
    service = open_service(Path(state_dir), in_memory=True, people=invented_people(people))
    server = StubServer(service, behaviour=behaviour, port=port)
    server.start()

    def listen() -> None:
        while True:
            try:
                told = hears.recv()
            except EOFError:
                os._exit(0)
            if told is None:
                behaviour.clear()
                behaviour.let_go()
                hears.send(None)
            else:
                behaviour.set(*told)

    threading.Thread(target=listen, daemon=True).run()
