"""The interfaces of the card room: a link carries bytes, a slot says when there is a card to link to.

`PcscSlot` (real readers) and `SimulatedSlot` (a card in software) are peers, chosen by configuration.
"""

from collections.abc import Callable
from typing import Protocol

from reader.facts import ConnectProblem, SlotEvent


class LinkLost(Exception):
    """The card stopped answering: pulled, reset or mute.

    Raised by links only; `reader.card` turns it into a value.
    """

    def __init__(self, text: str, *, code: int | None = None, card_there: bool = False) -> None:
        """`code`: the PC/SC error, if there was one; `card_there`: a card is in the reader nevertheless."""
        super().__init__(text)
        self.code = code
        self.card_there = card_there


class CommandRefused(LinkLost):
    """The reader did not carry this command, most likely because of its form; the card itself is still there.

    Raised for extended commands and for those of four bytes only, which some readers cannot carry. A caller that knows
    no other form may take it for `LinkLost`.
    """

    def __init__(self, text: str, *, code: int | None = None, in_doubt: bool = False) -> None:
        """`in_doubt`: the error may mean something else, and what the card had verified may be lost."""
        super().__init__(text, code=code, card_there=True)
        self.in_doubt = in_doubt


class CardLink(Protocol):
    """An exclusive connection to one card."""

    @property
    def atr(self) -> bytes:
        """Answer to reset of the connected card; empty if it is not known."""

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Send a command APDU, return the response APDU with its status word (at least 2 bytes).

        A command with a secret in it comes in a bytearray, which the caller overwrites.
        Raises `LinkLost`, also for a card that stays mute, and `CommandRefused`; blocks until the card answers.
        """

    def close(self) -> None:
        """Power the card off and disconnect. May be called twice; never raises."""


class CardSlot(Protocol):
    """Where cards are put: one reader, or all there are.

    `connect` reports two cards at once; a card that comes later than the one in use is reported when that one is gone.
    """

    @property
    def name(self) -> str:
        """Names of the readers watched, separated by commas."""

    @property
    def in_use(self) -> str:
        """Name of the reader whose card was reported last; empty if there is no card."""

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        """Report insertions and removals from a thread of the slot's own until `close`.

        A card that is already there is reported as inserted. Called once.
        """

    def connect(self) -> CardLink | ConnectProblem:
        """Connect exclusively to the card on the reader."""

    def close(self) -> None:
        """Stop watching; returns when the watching thread has ended."""


class CodeScanner(Protocol):
    """A device that reads the code printed on the card's face (照合番号B): a scanner, a camera, the simulated card."""

    def scan(self) -> bytearray | None:
        """The 14 digits as ASCII in a buffer the caller overwrites, or None if nothing can be read."""
