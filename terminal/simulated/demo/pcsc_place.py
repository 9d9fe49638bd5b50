"""The two virtual readers of a real pcscd, accessed through pyscard like any reader."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reader.facts import SlotEvent
from reader.link import CodeScanner
from reader.pcsc_slot import PcscSlot
from reader.softcard.card import SoftCard
from reader.softcard.other_program import OtherProgram
from reader.softcard.pcscd import Pcscd
from reader.softcard.vpcd import VpcdConnection

_PATIENCE = 10.0
"""Seconds for the daemon to see two cards, and for the other program to take one."""


class PcscPlace:
    def __init__(self, daemon: Pcscd) -> None:
        self._daemon = daemon
        self._first, self._second = (VpcdConnection(slot, port=daemon.port) for slot in (0, 1))
        self._other: OtherProgram | None = None
        self.card: SoftCard | None = None
        self.slot = _DelayedSlot()
        self.scanner: CodeScanner = self._first.scanner

    def insert(self, card: SoftCard, second: SoftCard | None = None) -> None:
        self.card = card
        if self._other is None and second is None:
            self._first.insert(card)
        else:
            with self.slot.delayed():
                self._first.insert(card)
                if second is not None:
                    self._second.insert(second)
                    self.slot.wait_for(2, _PATIENCE)
                if self._other is not None:
                    self._other.has_card(_PATIENCE)

    def remove(self) -> None:
        self.card = None
        self._first.remove()
        if self._other is not None:  # its card is gone: hold the next one
            self.hold(False)
            self.hold(True)

    def take_second(self) -> None:
        self._second.remove()

    def hold(self, held: bool) -> None:
        if self._other is not None:
            self._other.end()
            self._other = None
        if held:
            self._other = OtherProgram(self._first.reader)

    def unplug(self) -> None:
        """Stop the daemon before removing the cards, so that the reader is reported as gone and not the card."""
        self._daemon.stop()
        self.clear()

    def plug(self) -> None:
        self._daemon.start()

    def clear(self) -> None:
        """Remove all cards and stop the program that holds them."""
        self.hold(False)
        self.remove()
        self.take_second()


class _DelayedSlot(PcscSlot):
    """All readers of this process's daemon. Can delay the reporting of events."""

    def __init__(self) -> None:
        super().__init__(virtual=True)
        self._on_event: Callable[[SlotEvent], None] = lambda _event: None
        self._delayed: list[SlotEvent] | None = None
        self._telling = threading.RLock()

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        self._on_event = on_event
        super().watch(self._hear)

    def _hear(self, event: SlotEvent) -> None:
        with self._telling:
            if self._delayed is None:
                self._on_event(event)
            else:
                self._delayed.append(event)

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Report events only when the context ends, because another program acts first."""
        with self._telling:
            self._delayed = []
        try:
            yield
        finally:
            with self._telling:
                kept, self._delayed = self._delayed, None
                for event in kept:
                    self._on_event(event)

    def wait_for(self, cards: int, timeout: float) -> None:
        """Wait until this many cards are present."""
        until = time.monotonic() + timeout
        while len(self.cards) < cards and time.monotonic() < until:
            time.sleep(0.02)
