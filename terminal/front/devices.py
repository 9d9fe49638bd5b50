"""Status of readers, cameras, service, outbox and handover for staff."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from consent.store import LedgerError
from reader.facts import ReaderStatus
from terminal.front.assembled import AssembledCounter
from terminal.front.counter import WithService
from terminal.handover.folder import DeliveryFailure
from terminal.session.states import Idle
from terminal.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class DeviceLine:
    name: str
    text: str
    bad: bool = False
    """Whether the device needs staff's attention."""


class DeviceOverview:
    """Status of all devices. Readers remain listed after they are disconnected."""

    def __init__(self, opened: AssembledCounter) -> None:
        self._counter = opened.counter
        cameras = (("status.camera", opened.camera), ("device.card-camera", opened.card_camera))
        self._cameras = tuple((name, camera) for name, camera in cameras if camera is not None)
        self._readers: list[str] = []

    @property
    def answers(self) -> bool | None:
        """Whether the service answered the last request, or None before the first request."""
        return self._counter.service.client.is_responding if isinstance(self._counter, WithService) else None

    async def ask_service(self) -> None:
        """Send a request to update `answers`. Returns after the response or a timeout."""
        if isinstance(self._counter, WithService):
            await self._counter.service.client.challenge()

    def lines(self, say: Words) -> list[DeviceLine]:
        answers = self.answers
        service = "unknown" if answers is None else "works" if answers else "silent"
        return [
            *self._reader_lines(say),
            *self._camera_lines(say),
            DeviceLine(say("status.service"), say(f"status.{service}"), service == "silent"),
            self._outbox(say),
            self._handover(say),
            DeviceLine(say("device.version"), f"uketsuke {version('uketsuke')} ・ Python {platform.python_version()}"),
        ]

    def _reader_lines(self, say: Words) -> Iterator[DeviceLine]:
        counter = self._counter
        connected = (counter.reader_name or "").split(", ") if counter.reader_name else []
        self._readers += [name for name in connected if name not in self._readers]
        for name in self._readers:
            lost = name not in connected
            yield DeviceLine(f"{say('status.reader')} {name}", say("status.lost" if lost else "status.works"), lost)
        if not self._readers:
            state = counter.state
            status = state.reader if isinstance(state, Idle) else state.reception.reader
            ready = status is ReaderStatus.READY
            yield DeviceLine(say("status.reader"), say("status.unknown" if ready else f"reader.{status}"), True)
        if counter.card_held_by:
            yield DeviceLine(say("status.held-by"), ", ".join(counter.card_held_by[:2]), True)

    def _camera_lines(self, say: Words) -> Iterator[DeviceLine]:
        for name, camera in self._cameras:
            lost = camera.lost() is not None
            yield DeviceLine(say(name), say("status.lost" if lost else "status.works"), lost)
        if not self._cameras:
            yield DeviceLine(say("status.camera"), say("device.none"))

    def _outbox(self, say: Words) -> DeviceLine:
        try:
            waiting = self._counter.delivery.backlog()
        except LedgerError:
            return DeviceLine(say("status.backlog"), say("status.unknown"), True)
        return DeviceLine(say("status.backlog"), say("status.backlog.count", count=waiting), waiting > 0)

    def _handover(self, say: Words) -> DeviceLine:
        failure: DeliveryFailure | None = self._counter.delivery.failure
        text = say("status.works") if failure is None else say(failure.message_id)
        return DeviceLine(say("status.handover"), text, failure is not None)
