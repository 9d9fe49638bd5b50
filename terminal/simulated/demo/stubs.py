"""The demo's service stub, which runs in this process or in another process on this computer."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from terminal.assembly import NotReady
from terminal.qualification.contract import NoAnswer
from terminal.simulated.service.listening import listen
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from terminal.simulated.service.registry import Registry

if TYPE_CHECKING:
    from terminal.simulated.service.admin import StubAdmin
    from terminal.simulated.service.server import StubServer

_SILENT = Rule(mode=ResponseMode.SILENT)
_BACKLOG = 64


class StubControl(Protocol):
    """Controls a service stub. All methods are blocking."""

    @property
    def url(self) -> str: ...

    def begin(self) -> None:
        """Start loading the stub unless this was called before. Returns immediately."""

    def publish(self, registry: Registry) -> None: ...

    def set_rule(self, operation: Operation, rule: Rule) -> None: ...

    def silence(self, operation: Operation) -> None: ...

    def clear_rules(self) -> None: ...


class EmbeddedStub:
    """The service stub in this process, on a free loopback port.

    Listens immediately, but loads in a separate thread on `begin` or the first call. Clients that connect earlier wait
    for an answer. Calls raise `NotReady` if the start failed.
    """

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._is_started, self._start_lock = False, threading.Lock()
        self._listener = listen("127.0.0.1", 0)
        self._listener.listen(_BACKLOG)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._started: Future[StubServer] = Future()

    def begin(self) -> None:
        with self._start_lock:
            was_started, self._is_started = self._is_started, True
        if not was_started:
            threading.Thread(target=self._start, name="stub-start", daemon=True).start()

    def _start(self) -> None:
        try:
            from terminal.simulated.service.server import StubServer, open_service

            server = StubServer(open_service(self._state_dir, in_memory=True))
            server.start(self._listener)
        except Exception as error:
            self._listener.close()
            self._started.set_exception(error)
        else:
            self._started.set_result(server)

    @property
    def _server(self) -> "StubServer":
        self.begin()
        try:
            return self._started.result()
        except Exception as error:
            raise NotReady(f"cannot start the demo's service stub: {error}") from error

    def publish(self, registry: Registry) -> None:
        self._server.service.registry.merge(registry)

    def set_rule(self, operation: Operation, rule: Rule) -> None:
        self._server.behaviour.set(operation, rule)

    def silence(self, operation: Operation) -> None:
        self.set_rule(operation, _SILENT)

    def clear_rules(self) -> None:
        self._server.behaviour.clear()

    def close(self) -> None:
        with self._start_lock:
            was_started, self._is_started = self._is_started, True
        if not was_started:
            self._listener.close()
        elif self._started.exception() is None:
            self._started.result().close()


@dataclass(frozen=True, slots=True)
class RemoteStub:
    """A service stub in another process on this computer, controlled through its simulator endpoints."""

    admin: "StubAdmin"
    url: str

    def begin(self) -> None:
        """Do nothing: the stub runs in another process."""

    def publish(self, registry: Registry) -> None:
        self._require_answer(self.admin.publish(registry))

    def set_rule(self, operation: Operation, rule: Rule) -> None:
        self._require_answer(self.admin.set_rule(operation, rule))

    def silence(self, operation: Operation) -> None:
        self.set_rule(operation, _SILENT)

    def clear_rules(self) -> None:
        self._require_answer(self.admin.clear_rules())

    def _require_answer(self, answer: object) -> None:
        if isinstance(answer, NoAnswer):
            raise NotReady(
                f"The service stub at {self.url} does not answer ({answer.reason}). "
                "Start a stub with `uketsuke stub`, or omit --service."
            )
