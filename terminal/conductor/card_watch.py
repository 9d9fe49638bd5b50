"""The card on the reader: reports of the slot about cards and readers, as events for the session."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import date

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStanding, SlotEvent
from terminal.conductor.clock import Clock
from terminal.conductor.day_number import DayNumber
from terminal.session import events as ev

log = logging.getLogger(__name__)

HELD_CARD_EVERY = 1.0
"""Seconds between two checks whether another program has released the card."""


class CardWatch:
    """Numbers the cards that are put down. Used on the event loop.

    `post`: tells the session. `free`: whether no other program holds the card. `last_number`: see `DayNumber`.
    """

    def __init__(
        self,
        post: Callable[[ev.Event], None],
        free: Callable[[], Awaitable[bool]],
        last_number: Callable[[date], int],
        clock: Clock,
    ) -> None:
        self.reader_name: str | None = None
        """Name of the working reader; None if there is none."""
        self.held_by: tuple[str, ...] = ()
        """Programs that hold the card on the reader."""
        self.lying: int | None = None
        """Number of the card on the reader."""
        self._post, self._free, self._clock = post, free, clock
        self._numbers = DayNumber(last_number)
        self._insertions = 0

    def hear(self, event: SlotEvent) -> None:
        match event:
            case CardInserted():
                self._insertions += 1
                self.lying = self._insertions
                number = self._numbers.next(self._clock.wall().date())
                self._post(ev.CardPresent(self.lying, f"r-{secrets.token_hex(8)}", number))
            case CardRemoved():
                self._gone()
            case ReaderLost(reason=reason, standing=standing):
                log.warning("reader lost: %s", reason)
                self._gone(reader_lost=True)
                if standing is not ReaderStanding.READY:
                    self.reader_name = None
                    self._post(ev.ReaderChanged(standing))
            case ReaderFound(name=name):
                self.reader_name = name
                self._post(ev.ReaderChanged(ReaderStanding.READY))

    async def when_let_go(self, card: int, ending: asyncio.Event) -> None:
        """Wait while another program holds that card: it counts as put down again once it is free. Until `ending`."""
        while not ending.is_set() and self.lying == card:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), HELD_CARD_EVERY)
            if self.lying == card and not ending.is_set() and await self._free():
                self._gone()
                self.hear(CardInserted())

    def _gone(self, *, reader_lost: bool = False) -> None:
        self.held_by = ()
        if self.lying is not None:
            gone, self.lying = self.lying, None
            self._post(ev.CardTaken(gone, reader_lost))
