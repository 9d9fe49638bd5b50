"""The demo's card readers: simulated in this process, or virtual readers of a real pcscd."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from reader.link import CardSlot, CodeScanner
from reader.softcard.card import SoftCard
from reader.softcard.slot import SimulatedSlot

_OTHER_PROGRAM = "another program (process 4711)"


class DemoReaders(Protocol):
    """Two card readers. The second one is for visits with two cards."""

    @property
    def slot(self) -> CardSlot: ...

    @property
    def scanner(self) -> CodeScanner: ...

    @property
    def card(self) -> SoftCard | None:
        """The card on the first reader."""

    def insert(self, card: SoftCard, second: SoftCard | None = None) -> None:
        """Put a card on the first reader and `second` on the second reader at the same time."""

    def remove(self) -> None: ...

    def take_second(self) -> None: ...

    def hold(self, held: bool) -> None:
        """Start (True) or stop (False) another program that holds every card."""

    def unplug(self) -> None:
        """Unplug both readers with the cards on them."""

    def plug(self) -> None: ...


class SimulatedReaders:
    """Two simulated readers in this process."""

    def __init__(self) -> None:
        self.card: SoftCard | None = None
        self.slot = SimulatedSlot("Simulated reader", "Second simulated reader")
        self.scanner: CodeScanner = self.slot.scanner

    def insert(self, card: SoftCard, second: SoftCard | None = None) -> None:
        if second is not None:
            self.slot.insert(second, reader=1)
        self.slot.insert(card)
        self.card = card

    def remove(self) -> None:
        self.card = None
        self.slot.remove()

    def take_second(self) -> None:
        self.slot.remove(1)

    def hold(self, held: bool) -> None:
        self.slot.hold(_OTHER_PROGRAM if held else None)

    def unplug(self) -> None:
        self.card = None
        self.slot.unplug()
        self.slot.hold(None)

    def plug(self) -> None:
        self.slot.plug()


@contextmanager
def demo_readers(*, pcsc: bool) -> Iterator[Callable[[], DemoReaders]]:
    """Yield a function that returns new readers. Each conductor needs its own, because a slot can be watched only once.

    `pcsc`: use virtual readers of a pcscd that runs only for the demo. Raises `PcscdError`.
    """
    if not pcsc:
        yield SimulatedReaders
        return
    from reader.softcard.pcscd import Pcscd
    from terminal.simulated.demo.virtual_readers import VirtualReaders

    created: list[VirtualReaders] = []

    def new_readers() -> VirtualReaders:
        clear()
        created.append(VirtualReaders(daemon))
        return created[-1]

    def clear() -> None:
        while created:
            created.pop().clear()

    with Pcscd() as daemon:
        try:
            yield new_readers
        finally:
            clear()
