"""The service stub in a separate process, so that its memory is not measured. A pipe sets its faults."""

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
    """Context manager that runs the stub. Its registry and keys are in the state folder, checks in memory."""

    def __init__(self, state_dir: Path, people: Path | None = None) -> None:
        """`people`: TOML file of fictitious people."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._control, control = FORKS.Pipe()
        self._process = FORKS.Process(target=_serve, args=(str(state_dir), self._port, control, people), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._process.start()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self
            if time.monotonic() > deadline or not self._process.is_alive():
                raise RuntimeError("the service stub did not start")
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._control.close()

    def set(self, operation: Operation, rule: Rule) -> None:
        self._control.send((operation, rule))

    def end_misbehaviour(self) -> None:
        """Remove all rules and wait for the stub's confirmation."""
        self._control.send(None)
        if self._control.poll(10):
            self._control.recv()


def _serve(state_dir: str, port: int, control: Connection, people: Path | None) -> None:
    from terminal.simulated.service.people import fictitious_people
    from terminal.simulated.service.server import StubServer, open_service

    behaviour = Misbehaviour()
    service = open_service(Path(state_dir), in_memory=True, people=fictitious_people(people))
    server = StubServer(service, behaviour=behaviour, port=port)
    server.start()

    def listen() -> None:
        while True:
            try:
                command = control.recv()
            except EOFError:
                os._exit(0)
            if command is None:
                behaviour.clear()
                behaviour.release_all()
                control.send(None)
            else:
                behaviour.set(*command)

    threading.Thread(target=listen, daemon=True).run()
