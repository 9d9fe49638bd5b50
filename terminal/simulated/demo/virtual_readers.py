"""Two virtual readers of a real pcscd, accessed through pyscard."""

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
"""Seconds to wait until the daemon reports two cards, or until the other program holds a card."""


class VirtualReaders:
    """Two virtual readers, as a `DemoReaders`. `daemon` must be running."""

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
        if self._other is not None:  # restart the program to hold the next card
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
        """Stop the daemon before removing the cards, so that the terminal reports lost readers, not removed cards."""
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
    """All readers of this process's daemon. Can delay events."""

    def __init__(self) -> None:
        super().__init__(virtual=True)
        self._on_event: Callable[[SlotEvent], None] = lambda _event: None
        self._delayed: list[SlotEvent] | None = None
        self._delay_lock = threading.RLock()

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        self._on_event = on_event
        super().watch(self._on_slot_event)

    def _on_slot_event(self, event: SlotEvent) -> None:
        with self._delay_lock:
            if self._delayed is None:
                self._on_event(event)
            else:
                self._delayed.append(event)

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Delay all events until the context ends, so that another program can act first."""
        with self._delay_lock:
            self._delayed = []
        try:
            yield
        finally:
            with self._delay_lock:
                events, self._delayed = self._delayed, None
                for event in events:
                    self._on_event(event)

    def wait_for(self, cards: int, timeout: float) -> None:
        """Wait until this many cards are present, for at most `timeout` seconds."""
        until = time.monotonic() + timeout
        while len(self.cards) < cards and time.monotonic() < until:
            time.sleep(0.02)
