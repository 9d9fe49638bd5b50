"""Simulated reader with slots for simulated cards, and a scanner for printed codes."""

import queue
import threading
import time
from collections.abc import Callable

from reader.facts import ConnectProblem, NoCard, ReaderBusy, ReaderStatus, SlotEvent, TwoCards
from reader.link import CardLink, LinkLost
from reader.softcard.card import Card, CardVanished
from reader.watch import Watch


class SimulatedLink:
    """Link to a simulated card, which fails when the card is removed, even during a command."""

    def __init__(self, slot: "SimulatedSlot", card: Card) -> None:
        self._slot = slot
        self.card = card
        self._closed = False

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if not self._connected():
            raise LinkLost("card removed")
        try:
            response = self.card.transmit(apdu)
        except CardVanished as fault:
            if fault.mute:
                raise LinkLost("the card is mute") from None
            self._slot.remove_card(self.card)
            raise LinkLost("card removed during the command") from None
        if not self._connected():
            raise LinkLost("card removed during the command")
        return response

    def _connected(self) -> bool:
        return not self._closed and self._slot.is_current(self)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            # a card that was removed and inserted again may be powered for a different link
            if self._slot.release(self):
                self.card.power_off()


class SimulatedScanner:
    """Scanner that returns 照合番号B of the card on the reader."""

    def __init__(self, current_card: Callable[[], Card | None]) -> None:
        self._current_card = current_card

    def scan(self) -> bytearray | None:
        card = self._current_card()
        return None if card is None or not card.printed_code else bytearray(card.printed_code, "ascii")


class SimulatedSlot:
    """In-process `CardSlot` with one or more readers, which reports events on a separate thread.

    Additional methods simulate events at the counter: inserting and removing cards, a program that blocks the card, and
    unplugging the readers.
    """

    def __init__(self, *names: str) -> None:
        self._names = names or ("Simulated reader",)
        self._lock = threading.Lock()
        self._cards: dict[str, Card] = {}
        self._link: SimulatedLink | None = None
        self._holder: str | None = None
        self._state = Watch()
        self._events: queue.Queue[SlotEvent | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.scanner = SimulatedScanner(self._card_in_use)

    @property
    def name(self) -> str:
        return ", ".join(self._names)

    @property
    def in_use(self) -> str:
        return self._state.in_use or ""

    def insert(self, card: Card, reader: int = 0) -> None:
        """Put a card on a reader. Raises `RuntimeError` if the reader has a card."""
        name = self._names[reader]
        with self._lock:
            if name in self._cards:
                raise RuntimeError("a card is already in the slot")
            card.power_on()
            self._cards[name] = card
            self._poll(name)

    def remove(self, reader: int = 0) -> None:
        """Remove the card, if any, from a reader. Links to it fail afterwards."""
        name = self._names[reader]
        with self._lock:
            card = self._cards.pop(name, None)
            if self._link is not None and self._link.card is card:
                self._link = None
            self._poll(name)
        if card is not None:
            card.power_off()

    def hold(self, program: str | None) -> None:
        """Simulate a program that uses every card exclusively; None ends the simulation."""
        with self._lock:
            self._holder = program

    def unplug(self, status: ReaderStatus = ReaderStatus.NONE) -> None:
        """Disconnect all readers and remove their cards."""
        with self._lock:
            self._cards.clear()
            self._link = None
            self._queue_events(self._state.readers_lost("reader not connected", status))

    def plug(self) -> None:
        """Connect the readers again."""
        with self._lock:
            self._queue_events(self._state.readers_connected(self._names))

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        with self._lock:
            if self._thread is not None or self._closed:
                raise RuntimeError("a slot can be watched only once")
            self._thread = threading.Thread(
                target=self._report, args=(on_event,), name=f"slot {self.name}", daemon=True
            )
            self._queue_events(self._state.readers_connected(self._names))
            for name in self._names:
                self._poll(name)
        self._thread.start()

    def _poll(self, name: str) -> None:
        if self._thread is not None:
            self._queue_events(self._state.card_polled(name, present=name in self._cards, at=time.monotonic()))

    def _queue_events(self, events: list[SlotEvent]) -> None:
        for event in events:
            self._events.put(event)

    def _report(self, on_event: Callable[[SlotEvent], None]) -> None:
        while (event := self._events.get()) is not None:
            on_event(event)

    def connect(self) -> CardLink | ConnectProblem:
        with self._lock:
            card = self._card_in_use()
            if card is None:
                return NoCard()
            if self._state.has_two_cards:
                self._state.mark_two_reported()
                return TwoCards()
            if self._link is not None:
                return ReaderBusy(self.name)
            if self._holder is not None:
                return ReaderBusy(self.name, (self._holder,))
            card.power_on()
            self._link = SimulatedLink(self, card)
            return self._link

    def _card_in_use(self) -> Card | None:
        if self._thread is None:  # not watched, so use the first card
            return next(iter(self._cards.values()), None)
        return self._cards.get(self._state.in_use or "")

    def remove_card(self, card: Card) -> None:
        """Remove `card` from its reader."""
        for number, name in enumerate(self._names):
            if self._cards.get(name) is card:
                self.remove(number)

    def is_current(self, link: SimulatedLink) -> bool:
        with self._lock:
            return self._link is link

    def release(self, link: SimulatedLink) -> bool:
        """Disconnect `link`. Returns whether it was connected."""
        with self._lock:
            connected = self._link is link
            if connected:
                self._link = None
            return connected

    def close(self) -> None:
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._events.put(None)
            if thread is not threading.current_thread():
                thread.join()
