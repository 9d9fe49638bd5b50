"""Interfaces of `reader`: a link exchanges bytes with a card, and a slot reports cards to connect to.

Slots are implemented by `PcscSlot` (real readers) and `SimulatedSlot` (software cards), chosen by configuration.
"""

from collections.abc import Callable
from typing import Protocol

from reader.facts import ConnectProblem, SlotEvent


class LinkLost(Exception):
    """The card stopped answering: it was removed, reset or is mute.

    Only raised by links. `reader.card` converts it to a value.
    """

    def __init__(self, text: str, *, code: int | None = None, card_there: bool = False) -> None:
        """`code`: PC/SC error, if any. `card_there`: a card is still in the reader."""
        super().__init__(text)
        self.code = code
        self.card_there = card_there


class CommandRefused(LinkLost):
    """The reader did not transfer this command, most likely because of its form. The card is still present.

    Only raised for extended commands and four-byte commands, which some readers do not support. Callers without an
    alternative form can treat it as `LinkLost`.
    """

    def __init__(self, text: str, *, code: int | None = None, in_doubt: bool = False) -> None:
        """`in_doubt`: the error may have another meaning, and the VERIFY state may be lost."""
        super().__init__(text, code=code, card_there=True)
        self.in_doubt = in_doubt


class CardLink(Protocol):
    """Exclusive connection to a card."""

    @property
    def atr(self) -> bytes:
        """Answer to reset of the connected card; empty if unknown."""

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Send a command APDU and return the response APDU with its status word (at least 2 bytes).

        Pass a command that contains a secret as a bytearray and overwrite it afterwards. Blocks until the card answers.
        Raises `LinkLost`, including if the card does not answer, and `CommandRefused`.
        """

    def close(self) -> None:
        """Power the card off and disconnect. May be called twice and never raises."""


class CardSlot(Protocol):
    """One reader, or all readers together.

    `connect` reports if there are two cards. A card inserted after the one in use is reported after that one is
    removed.
    """

    @property
    def name(self) -> str:
        """Names of the watched readers, separated by commas."""

    @property
    def in_use(self) -> str:
        """Name of the reader whose card was reported last; empty if there is no card."""

    def watch(self, on_event: Callable[[SlotEvent], None]) -> None:
        """Report insertions and removals on a separate thread until `close`. May only be called once.

        A card already on the reader is reported as inserted.
        """

    def connect(self) -> CardLink | ConnectProblem:
        """Connect exclusively to the card on the reader."""

    def close(self) -> None:
        """Stop watching, and wait for the thread to end."""


class CodeScanner(Protocol):
    """Device that reads the code printed on a card (照合番号B): a scanner, a camera or the simulated card."""

    def scan(self) -> bytearray | None:
        """Return the 14 ASCII digits, or None if the code cannot be read. The caller must overwrite the buffer."""
