"""A link as slow as the radio one: ISO/IEC 14443-4, type B, at 106 to 848 kbit/s.

Model: ten bit times a character; frames of 256 bytes, which carry 253 of data beside prologue and CRC, with 24 bit
times of start and end; long commands and responses chained, each frame acknowledged; a turn-around at every change of
direction. Beside the wire, time of the card's processor and of reader and host per command: assumed, 3 and 2 ms; real
exchanges of a few bytes were seen to take 12 to 17 ms.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reader.link import CardLink
from reader.softcard.card import Card
from reader.softcard.wrapped import WrappedCard

RATES: Final = (106_000, 212_000, 424_000, 848_000)
"""Bit/s that a type B card may agree on."""

_FRAME_DATA: Final = 253
_FRAME_EXTRA: Final = 3
"""Prologue and CRC."""
_CHARACTER_BITS: Final = 10
_FRAME_BITS: Final = 24
_STATUS_WORD: Final = 2
_SELECT: Final = 15
"""Bytes of a SELECT by an application's name."""


@dataclass(frozen=True, slots=True)
class LinkPace:
    """Seconds and bits of one kind of link."""

    bits_per_second: int
    turn_around: float = 0.0003
    per_command: float = 0.005
    """Card 3 ms and host 2 ms."""

    def wire_seconds(self, command: int, response: int) -> float:
        """Only characters and frames of an exchange with so many bytes each way, status word included."""
        return self._bits(command, response) / self.bits_per_second

    def exchange_seconds(self, command: int, response: int) -> float:
        """Everything the model knows of."""
        return self.wire_seconds(command, response) + 2 * self.turn_around + self.per_command

    def keep(self, transmit: Callable[[bytes | bytearray], bytes], apdu: bytes | bytearray) -> bytes:
        """Exchange, and return when the model says that the answer would be there."""
        started = time.perf_counter()
        response = transmit(apdu)
        until = started + self.exchange_seconds(len(apdu), len(response))
        while (left := until - time.perf_counter()) > 0:
            time.sleep(left)
        return response

    def _bits(self, command: int, response: int) -> int:
        there, back = _frames(command), _frames(response)
        # Every frame but the last of each direction is acknowledged by an empty one.
        frames = there + back + (there - 1) + (back - 1)
        return (command + response + frames * _FRAME_EXTRA) * _CHARACTER_BITS + frames * _FRAME_BITS


def _frames(length: int) -> int:
    return max(1, -(-length // _FRAME_DATA))


def wire_bound(pace: LinkPace, files: list[int]) -> float:
    """Seconds below which files of these lengths cannot cross the wire: one command each, nothing but characters
    and frames."""
    return sum(pace.wire_seconds(7, length + _STATUS_WORD) for length in files)


def fewest_exchanges(pace: LinkPace, files: list[int], longest_read: int, applications: int = 0) -> float:
    """Seconds of the fewest commands, with everything the model knows of: a SELECT for each of `applications`, and READ
    BINARYs of at most `longest_read` bytes.
    """
    header = 5 if longest_read <= 256 else 7
    selects = applications * pace.exchange_seconds(_SELECT, _STATUS_WORD)
    return selects + sum(
        pace.exchange_seconds(header, block + _STATUS_WORD)
        for length in files
        for block in _blocks(length, longest_read)
    )


def _blocks(length: int, most: int) -> list[int]:
    return [min(most, length - at) for at in range(0, length, most)]


class PacedLink:
    """Takes as long as the model says and then some microseconds; the card's own work counts into it."""

    def __init__(self, link: CardLink, pace: LinkPace) -> None:
        self._link = link
        self._pace = pace

    @property
    def atr(self) -> bytes:
        return self._link.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._pace.keep(self._link.transmit, apdu)

    def close(self) -> None:
        self._link.close()


class PacedCard(WrappedCard):
    """The same for a card, to be put into the virtual reader: for software that reaches it through PC/SC."""

    def __init__(self, card: Card, pace: LinkPace) -> None:
        super().__init__(card)
        self._pace = pace

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._pace.keep(self._card.transmit, apdu)
