"""The walls of the card room: a link carries bytes, a slot says when there is a card to link to.

`PcscSlot` (real readers) and `SimulatedSlot` (a card in software) are peers, chosen by configuration.
"""

from collections.abc import Callable
from typing import Protocol

from reader.facts import ConnectProblem, SlotEvent


class LinkLost(Exception):
    """The card stopped answering: pulled, reset or mute.

    Raised by links only; `reader.card` turns it into the value `CardGone`.
    """


class CommandRefused(LinkLost):
    """The reader will not carry this command, most likely because of its length; the card itself is still there.

    Raised for extended commands only. Whoever does not step down to short ones may take it for `LinkLost`.
    """


class CardLink(Protocol):
    """An exclusive connection to one card."""

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Send a command APDU, return the response APDU with its status word (at least 2 bytes).

        A command with a secret in it comes in a bytearray, which the caller overwrites.
        Raises `LinkLost`, also for a card that stays mute, and `CommandRefused`; blocks until the card answers.
        """

    def close(self) -> None:
        """Power the card off and let go of it. May be called twice; never raises."""


class CardSlot(Protocol):
    """A place where a card can be put."""

    @property
    def name(self) -> str: ...

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        """Report insertions and removals from a thread of the slot's own until `close`.

        A card that already lies there is reported as inserted. Called once.
        """

    def connect(self) -> CardLink | ConnectProblem:
        """Connect exclusively to the card that lies there now."""

    def close(self) -> None:
        """Stop watching; returns when the watching thread has ended."""


class CodeScanner(Protocol):
    """Whatever reads the code printed on the card's face (照合番号B): a scanner, a camera, the simulated card."""

    def scan(self) -> bytearray | None:
        """The 14 digits as ASCII in a buffer the caller overwrites, or None where nothing can be read."""
