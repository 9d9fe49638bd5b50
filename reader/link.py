"""Interfaces of `reader`: a link transfers bytes, a slot reports when there is a card to connect to.

`PcscSlot` (real readers) and `SimulatedSlot` (software cards) are peers, chosen by configuration.
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
    """The reader did not transfer this command, most likely because of its form; the card itself is still there.

    Raised only for extended commands and for those of four bytes, which some readers do not support. A caller that
    knows no other form may treat it as `LinkLost`.
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

        Pass a command that contains a secret as a bytearray, and overwrite it afterwards.
        Raises `LinkLost`, also if the card does not answer, and `CommandRefused`; blocks until the card answers.
        """

    def close(self) -> None:
        """Power the card off and disconnect. May be called twice; never raises."""


class CardSlot(Protocol):
    """One reader, or all of them, as the place for a card.

    `connect` reports two cards at once; a card that comes after the one in use is reported when that one is gone.
    """

    @property
    def name(self) -> str:
        """Names of the readers watched, separated by commas."""

    @property
    def in_use(self) -> str:
        """Name of the reader whose card was reported last; empty if there is no card."""

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        """Report insertions and removals from the slot's own thread until `close`.

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
