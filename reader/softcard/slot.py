"""Simulated reader: slots for simulated cards, and a scanner for the code printed on them."""

import queue
import threading
import time
from collections.abc import Callable

from reader.facts import ConnectProblem, NoCard, ReaderBusy, ReaderStanding, SlotEvent, TwoCards
from reader.link import CardLink, LinkLost
from reader.softcard.card import Card, Vanished
from reader.watch import Watch


class SimulatedLink:
    """Link to a simulated card; fails once the card is removed, even in the middle of a command."""

    def __init__(self, slot: "SimulatedSlot", card: Card) -> None:
        self._slot = slot
        self.card = card
        self._closed = False

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if not self._alive():
            raise LinkLost("card removed")
        try:
            response = self.card.transmit(apdu)
        except Vanished as fault:
            if fault.mute:
                raise LinkLost("the card is mute") from None
            self._slot.taken(self.card)
            raise LinkLost("card removed during the command") from None
        if not self._alive():
            raise LinkLost("card removed during the command")
        return response

    def _alive(self) -> bool:
        return not self._closed and self._slot.holds(self)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            # If the card was removed and inserted again, it may be powered for another link: leave it on.
            if self._slot.release(self):
                self.card.power_off()


class SimulatedScanner:
    """Returns 照合番号B from the face of the card on the reader, as a scanner would."""

    def __init__(self, card_there: Callable[[], Card | None]) -> None:
        self._card_there = card_there

    def scan(self) -> bytearray | None:
        card = self._card_there()
        return None if card is None or not card.code_on_face else bytearray(card.code_on_face, "ascii")


class SimulatedSlot:
    """In-process `CardSlot` with one or more readers. Events are reported from a separate thread.

    Methods simulate events at a counter: inserting and removing a card, another program holding it, unplugging the
    readers.
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
        """Put a card on a reader. Raises `RuntimeError` if one is already there."""
        name = self._names[reader]
        with self._lock:
            if name in self._cards:
                raise RuntimeError("a card is already in the slot")
            card.power_on()
            self._cards[name] = card
            self._look(name)

    def remove(self, reader: int = 0) -> None:
        """Remove the card from a reader, if there is one; links to it fail from then on."""
        name = self._names[reader]
        with self._lock:
            card = self._cards.pop(name, None)
            if self._link is not None and self._link.card is card:
                self._link = None
            self._look(name)
        if card is not None:
            card.power_off()

    def hold(self, program: str | None) -> None:
        """Let another program hold every card exclusively; None ends that."""
        with self._lock:
            self._holder = program

    def unplug(self, standing: ReaderStanding = ReaderStanding.NONE) -> None:
        """Disconnect all readers and remove their cards."""
        with self._lock:
            self._cards.clear()
            self._link = None
            self._tell(self._state.lost("reader not connected", standing))

    def plug(self) -> None:
        """Connect the readers again."""
        with self._lock:
            self._tell(self._state.found(self._names))

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        with self._lock:
            if self._thread is not None or self._closed:
                raise RuntimeError("a slot can be watched only once")
            self._thread = threading.Thread(
                target=self._report, args=(on_event,), name=f"slot {self.name}", daemon=True
            )
            self._tell(self._state.found(self._names))
            for name in self._names:
                self._look(name)
        self._thread.start()

    def _look(self, name: str) -> None:
        if self._thread is not None:
            self._tell(self._state.card(name, there=name in self._cards, at=time.monotonic()))

    def _tell(self, events: list[SlotEvent]) -> None:
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
            if self._state.two:
                self._state.note_two()
                return TwoCards()
            if self._link is not None:
                return ReaderBusy(self.name)
            if self._holder is not None:
                return ReaderBusy(self.name, (self._holder,))
            card.power_on()
            self._link = SimulatedLink(self, card)
            return self._link

    def _card_in_use(self) -> Card | None:
        if self._thread is None:  # not watched: use the first card
            return next(iter(self._cards.values()), None)
        return self._cards.get(self._state.in_use or "")

    def taken(self, card: Card) -> None:
        """Remove `card` from its reader, in the middle of a command."""
        for number, name in enumerate(self._names):
            if self._cards.get(name) is card:
                self.remove(number)

    def holds(self, link: SimulatedLink) -> bool:
        with self._lock:
            return self._link is link

    def release(self, link: SimulatedLink) -> bool:
        with self._lock:
            held = self._link is link
            if held:
                self._link = None
            return held

    def close(self) -> None:
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._events.put(None)
            if thread is not threading.current_thread():
                thread.join()
