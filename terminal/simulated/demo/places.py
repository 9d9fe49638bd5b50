"""Where the demo puts its cards: a reader in this process, or the virtual reader of the real pcscd."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from reader.link import CardSlot, CodeScanner
from reader.softcard.card import SoftCard
from reader.softcard.slot import SimulatedSlot

VIRTUAL_READER = "Virtual PCD 00 00"


class CardPlace(Protocol):
    @property
    def slot(self) -> CardSlot: ...

    @property
    def scanner(self) -> CodeScanner: ...

    @property
    def card(self) -> SoftCard | None:
        """The card that lies there."""

    def insert(self, card: SoftCard) -> None: ...

    def remove(self) -> None: ...


class SimulatedPlace:
    """Two readers in this process; the second one is for a card too many."""

    def __init__(self) -> None:
        self.card: SoftCard | None = None
        self.slot = SimulatedSlot("Simulated reader", "Second simulated reader")
        self.scanner: CodeScanner = self.slot.scanner

    def insert(self, card: SoftCard) -> None:
        self.slot.insert(card)
        self.card = card

    def remove(self) -> None:
        self.card = None
        self.slot.remove()

    def mend(self) -> None:
        """What was wrong at the reader is over."""
        self.slot.hold(None)
        self.slot.remove(1)


class PcscPlace:
    """The virtual reader of a real pcscd, reached through pyscard like any reader."""

    def __init__(self, port: int) -> None:
        from reader.pcsc_slot import PcscSlot
        from reader.softcard.vpcd import VpcdConnection

        self.card: SoftCard | None = None
        self._virtual = VpcdConnection(port=port)
        self.slot = PcscSlot(self._virtual.reader)
        self.scanner: CodeScanner = self._virtual.scanner

    def insert(self, card: SoftCard) -> None:
        self._virtual.insert(card)
        self.card = card

    def remove(self) -> None:
        self.card = None
        self._virtual.remove()


@contextmanager
def card_places(*, pcsc: bool) -> Iterator[Callable[[], CardPlace]]:
    """Gives a new place for each conductor: a slot is watched once.

    With `pcsc`, starts a daemon for the demo alone, and stops it again. Raises `PcscdError`.
    """
    if not pcsc:
        yield SimulatedPlace
        return
    from reader.softcard.pcscd import Pcscd

    with Pcscd() as daemon:
        yield lambda: PcscPlace(daemon.port)
