"""Translate slot events about cards and readers into session events."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import date

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStatus, SlotEvent
from terminal.conductor.clock import Clock
from terminal.conductor.day_number import DayNumber
from terminal.session import events as ev

log = logging.getLogger(__name__)

LOCKED_CARD_INTERVAL = 1.0
"""Seconds between attempts to connect to a card locked by another program."""


class CardWatch:
    """Numbers card insertions and posts session events. Runs on the event loop.

    `post` sends an event to the session. `is_available` returns whether this program can use the card.
    `last_number` returns the last reception number of a day (see `DayNumber`).
    """

    def __init__(
        self,
        post: Callable[[ev.Event], None],
        is_available: Callable[[], Awaitable[bool]],
        last_number: Callable[[date], int],
        clock: Clock,
    ) -> None:
        self.reader_name: str | None = None
        """Name of the working reader, or None."""
        self.held_by: tuple[str, ...] = ()
        """Programs that have locked the card on the reader."""
        self.present: int | None = None
        """Insertion number of the card on the reader."""
        self._post, self._is_available, self._clock = post, is_available, clock
        self._numbers = DayNumber(last_number)
        self._insertions = 0

    def handle(self, event: SlotEvent) -> None:
        match event:
            case CardInserted():
                self._insertions += 1
                self.present = self._insertions
                number = self._numbers.next(self._clock.wall().date())
                self._post(ev.CardPresent(self.present, f"r-{secrets.token_hex(8)}", number))
            case CardRemoved():
                self._removed()
            case ReaderLost(reason=reason, status=status):
                log.warning("reader lost: %s", reason)
                self._removed(reader_lost=True)
                if status is not ReaderStatus.READY:
                    self.reader_name = None
                    self._post(ev.ReaderChanged(status))
            case ReaderFound(name=name):
                self.reader_name = name
                self._post(ev.ReaderChanged(ReaderStatus.READY))

    async def wait_until_free(self, card: int, ending: asyncio.Event) -> None:
        """Wait until the other program releases the card, and handle it as a new insertion. Stop if `ending` is set."""
        while not ending.is_set() and self.present == card:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), LOCKED_CARD_INTERVAL)
            if self.present == card and not ending.is_set() and await self._is_available():
                self._removed()
                self.handle(CardInserted())

    def _removed(self, *, reader_lost: bool = False) -> None:
        self.held_by = ()
        if self.present is not None:
            card, self.present = self.present, None
            self._post(ev.CardTaken(card, reader_lost))
