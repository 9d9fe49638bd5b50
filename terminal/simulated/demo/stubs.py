"""The service stub of a demo: in this process, or elsewhere on this computer."""

from dataclasses import dataclass
from typing import Protocol

from terminal.assembly import NotReady
from terminal.qualification.contract import ServiceSilent
from terminal.simulated.service.admin import StubAdmin
from terminal.simulated.service.behaviour import Manner, Operation, Rule
from terminal.simulated.service.registry import Registry
from terminal.simulated.service.server import StubServer


class StubControl(Protocol):
    """The service stub, wherever it runs."""

    @property
    def url(self) -> str: ...

    def publish(self, registry: Registry) -> None: ...

    def silence(self, operation: Operation) -> None: ...

    def behave(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EmbeddedStub:
    """In this process, on a free port of the loopback."""

    server: StubServer

    @property
    def url(self) -> str:
        return self.server.url

    def publish(self, registry: Registry) -> None:
        self.server.service.registry.merge(registry)

    def silence(self, operation: Operation) -> None:
        self.server.behaviour.set(operation, Rule(manner=Manner.SILENT))

    def behave(self) -> None:
        self.server.behaviour.clear()


@dataclass(frozen=True, slots=True)
class StubElsewhere:
    """In another process on this computer, told over its simulator endpoints."""

    admin: StubAdmin
    url: str

    def publish(self, registry: Registry) -> None:
        self._must_answer(self.admin.publish(registry))

    def silence(self, operation: Operation) -> None:
        self._must_answer(self.admin.behave(operation, Rule(manner=Manner.SILENT)))

    def behave(self) -> None:
        self._must_answer(self.admin.behave_normally())

    def _must_answer(self, answer: object) -> None:
        if isinstance(answer, ServiceSilent):
            raise NotReady(
                f"The service stub at {self.url} does not answer ({answer.reason}). "
                "Start one with `uketsuke stub`, or leave --service out."
            )
