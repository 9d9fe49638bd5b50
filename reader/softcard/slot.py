"""A reader in software: the place where a simulated card is put, and the scanner that looks at its face."""

import queue
import threading
from collections.abc import Callable

from reader.facts import CardInserted, CardRemoved, ConnectProblem, NoCard, ReaderBusy, ReaderFound, SlotEvent
from reader.link import CardLink, LinkLost
from reader.softcard.card import Card, Vanished


class SimulatedLink:
    """Dies with the card's removal, also in the middle of a command."""

    def __init__(self, slot: "SimulatedSlot", card: Card) -> None:
        self._slot = slot
        self._card = card
        self._closed = False

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if not self._alive():
            raise LinkLost("card is gone")
        try:
            response = self._card.transmit(apdu)
        except Vanished as fault:
            if fault.mute:
                raise LinkLost("the card is mute") from None
            self._slot.remove()
            raise LinkLost("card went during the command") from None
        if not self._alive():
            raise LinkLost("card went during the command")
        return response

    def _alive(self) -> bool:
        return not self._closed and self._slot.holds(self)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            # A card that was taken out may lie here again, on another link: it keeps its power.
            if self._slot.release(self):
                self._card.power_off()


class SimulatedScanner:
    """Reads 照合番号B off the face of the card that lies there, as a scanner would."""

    def __init__(self, card_there: Callable[[], Card | None]) -> None:
        self._card_there = card_there

    def scan(self) -> bytearray | None:
        card = self._card_there()
        return None if card is None else bytearray(card.code_on_face, "ascii")


class SimulatedSlot:
    """A `CardSlot` in this process. Events come from a thread of its own, as from a real reader."""

    def __init__(self, name: str = "Simulated reader") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._card: Card | None = None
        self._link: SimulatedLink | None = None
        self._events: queue.Queue[SlotEvent | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.scanner = SimulatedScanner(lambda: self._card)

    @property
    def name(self) -> str:
        return self._name

    def insert(self, card: Card) -> None:
        """Put a card in. Raises `RuntimeError` when one lies there."""
        with self._lock:
            if self._card is not None:
                raise RuntimeError("a card lies in the slot")
            card.power_on()
            self._card = card
            self._tell(CardInserted())

    def remove(self) -> None:
        """Take the card out; its links die. Nothing happens when there is none."""
        with self._lock:
            card, self._card, self._link = self._card, None, None
            if card is not None:
                self._tell(CardRemoved())
        if card is not None:
            card.power_off()

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        with self._lock:
            if self._thread is not None or self._closed:
                raise RuntimeError("a slot is watched once")
            self._events.put(ReaderFound(self._name))
            if self._card is not None:
                self._events.put(CardInserted())
            self._thread = threading.Thread(
                target=self._report, args=(on_event,), name=f"slot {self._name}", daemon=True
            )
        self._thread.start()

    def _tell(self, event: SlotEvent) -> None:
        if self._thread is not None:
            self._events.put(event)

    def _report(self, on_event: Callable[[SlotEvent], None]) -> None:
        while (event := self._events.get()) is not None:
            on_event(event)

    def connect(self) -> CardLink | ConnectProblem:
        with self._lock:
            if self._card is None:
                return NoCard()
            if self._link is not None:
                return ReaderBusy(self._name)
            self._card.power_on()
            self._link = SimulatedLink(self, self._card)
            return self._link

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
