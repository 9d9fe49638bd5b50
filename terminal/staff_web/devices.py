"""Readers, cameras, service, outbox and hand-over as they are at this moment."""

import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from consent.store import LedgerError
from reader.facts import ReaderStanding
from terminal.front.counter import Counter
from terminal.front.opened import LiveFrames
from terminal.handover.folder import DeliveryFailure
from terminal.session.states import Idle
from terminal.words.catalogue import Words


@dataclass
class DeviceOverview:
    """Looked at again and again: a reader that was there once stays in the list when it is gone."""

    counter: Counter
    cameras: tuple[tuple[str, LiveFrames], ...]
    """Id of what it is called, and the camera."""
    _readers: list[str] = field(default_factory=list)

    def drawn(self, say: Words, *, answers: bool | None) -> list[dict[str, Any]]:
        """`answers`: whether the service answered last; None before it was asked."""
        service = "unknown" if answers is None else "works" if answers else "silent"
        return [
            *self._drawn_readers(say),
            *self._drawn_cameras(say),
            _line(say("status.service"), say(f"status.{service}"), service == "silent"),
            self._outbox(say),
            self._handover(say),
            _line(say("device.version"), f"uketsuke {version('uketsuke')} ・ Python {platform.python_version()}"),
        ]

    def _drawn_readers(self, say: Words) -> list[dict[str, Any]]:
        there = (self.counter.reader_name or "").split(", ") if self.counter.reader_name else []
        self._readers += [name for name in there if name not in self._readers]
        lines = [
            _line(
                f"{say('status.reader')} {name}",
                say("status.works" if name in there else "status.lost"),
                name not in there,
            )
            for name in self._readers
        ]
        if lines:
            return lines
        state = self.counter.state
        standing = state.reader if isinstance(state, Idle) else state.reception.reader
        ready = standing is ReaderStanding.READY
        return [_line(say("status.reader"), say("status.unknown" if ready else f"reader.{standing}"), True)]

    def _drawn_cameras(self, say: Words) -> list[dict[str, Any]]:
        lines = []
        for name, camera in self.cameras:
            lost = camera.lost()
            text = say("status.works") if lost is None else say("status.lost")
            lines.append(_line(say(name), text, lost is not None))
        return lines or [_line(say("status.camera"), say("device.none"))]

    def _outbox(self, say: Words) -> dict[str, Any]:
        try:
            waiting = self.counter.delivery.backlog()
        except LedgerError:
            return _line(say("status.backlog"), say("status.unknown"), True)
        return _line(say("status.backlog"), say("status.backlog.count", count=waiting), waiting > 0)

    def _handover(self, say: Words) -> dict[str, Any]:
        trouble: DeliveryFailure | None = self.counter.delivery.trouble
        text = say("status.works") if trouble is None else say(trouble.message_id)
        return _line(say("status.handover"), text, trouble is not None)


def _line(name: str, text: str, bad: bool = False) -> dict[str, Any]:
    return {"name": name, "text": text, "bad": bad}
