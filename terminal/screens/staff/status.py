"""Status of devices and today's receptions for staff in the terminal window. Contains no patient data."""

import asyncio
from collections.abc import Iterator, Sequence

from config.settings import Settings
from terminal.conductor.clock import Clock
from terminal.front.assembled import AssembledCounter
from terminal.front.counter import WithService
from terminal.front.devices import DeviceOverview
from terminal.front.records import Records
from terminal.front.row_words import why
from terminal.front.todays_receptions import Row, rows
from terminal.handover.folder import DeliveryFailure
from terminal.screens.wrapping import cells
from terminal.words.catalogue import Words

MAX_RECEPTIONS = 12
"""Maximum number of receptions shown, newest first."""
_LABEL_CELLS = 26


class Status:
    """Status text. Each call reads new records and, if the service did not answer last time, sends it a request."""

    def __init__(self, settings: Settings, opened: AssembledCounter) -> None:
        self._counter = opened.counter
        self._devices = DeviceOverview(opened)
        self._records = Records(settings, Clock().wall)
        self._request: asyncio.Task[None] | None = None

    async def lines(self, say: Words) -> list[str]:
        await asyncio.to_thread(self._records.read)
        if self._devices.answers is False and (self._request is None or self._request.done()):
            self._request = asyncio.create_task(self._devices.ask_service())
        uncertain = self._counter.delivery.uncertain if isinstance(self._counter, WithService) else {}
        today = rows(self._records.receptions, self._records.checks, self._counter.state, uncertain)
        unreadable = () if self._records.readable else (f"  ! {say('page.unreadable')}",)
        return [
            *(f"{_pad_label(line.name)}{'! ' if line.bad else ''}{line.text}" for line in self._devices.lines(say)),
            "",
            say("page.today"),
            *unreadable,
            *reception_lines(today, self._counter.delivery.failure, say),
        ]


def _pad_label(label: str) -> str:
    return label + " " * max(_LABEL_CELLS - cells(label), 1)


def reception_lines(today: Sequence[Row], failure: DeliveryFailure | None, say: Words) -> Iterator[str]:
    """Return the lines for today's receptions, newest first. `failure` is why results cannot be handed over."""
    for row in today[:MAX_RECEPTIONS]:
        number = say("page.number", number=row.number) if row.number else say("nocard.row")
        parts = (
            say(f"reception-status.{row.status}"),
            row.code if row.code.startswith("U-") else "",
            why(row, say, failure),
        )
        yield f"  {row.time}  {number}  {' '.join(part for part in parts if part)}"
    if not today:
        yield f"  {say('page.none')}"
