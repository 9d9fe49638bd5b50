"""Interfaces of `reader`: `CardLink` exchanges bytes with a card, and `CardSlot` reports cards and connects to them.

The configuration selects the implementation: `PcscSlot` for real readers, `SimulatedSlot` for software cards.
"""

from collections.abc import Callable
from typing import Protocol

from reader.facts import ConnectProblem, SlotEvent


class LinkLost(Exception):
    """The card was removed or reset, or has stopped answering.

    Raised by links only. `reader.card` converts it to a value.
    """

    def __init__(self, text: str, *, code: int | None = None, card_present: bool = False) -> None:
        """`code`: PC/SC error, if any. `card_present`: whether a card is in the reader."""
        super().__init__(text)
        self.code = code
        self.card_present = card_present


class CommandRefused(LinkLost):
    """The reader did not transfer this command, most likely because it does not support this kind of APDU.

    Raised only for extended and four-byte commands, which some readers do not support. The card is present. Callers
    without an alternative form can handle this as `LinkLost`.
    """

    def __init__(self, text: str, *, code: int | None = None, ambiguous: bool = False) -> None:
        """`ambiguous`: the error may have a different cause, and the VERIFY state may be lost."""
        super().__init__(text, code=code, card_present=True)
        self.ambiguous = ambiguous


class CardLink(Protocol):
    """Exclusive connection to a card."""

    @property
    def atr(self) -> bytes:
        """Answer to reset of the connected card; empty if unknown."""

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Send a command APDU and return the response APDU with its status word (at least 2 bytes).

        Blocks until the card answers. Pass a command that contains a secret as a bytearray and overwrite it afterwards.
        Raises `CommandRefused`, or `LinkLost` if the card is gone or does not answer.
        """

    def close(self) -> None:
        """Power the card off and disconnect. Idempotent; does not raise."""


class CardSlot(Protocol):
    """One reader or a group of readers. Only one card is in use at a time.

    `connect` returns `TwoCards` if two cards are present. A card inserted later than the one in use is reported after
    that card is removed.
    """

    @property
    def name(self) -> str:
        """Names of the watched readers, separated by commas."""

    @property
    def in_use(self) -> str:
        """Name of the reader with the card in use; empty if there is none."""

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        """Report insertions and removals on a separate thread until `close`. Call it only once.

        A card that is already present is reported as inserted.
        """

    def connect(self) -> CardLink | ConnectProblem:
        """Connect exclusively to the card on the reader."""

    def close(self) -> None:
        """Stop watching, and wait for the thread to end."""


class CodeScanner(Protocol):
    """Device that reads the code printed on a card (照合番号B): a scanner, a camera or the simulated card."""

    def scan(self) -> bytearray | None:
        """Return the 14 ASCII digits, or None if the code cannot be read. The caller must overwrite the buffer."""
