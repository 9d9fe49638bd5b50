"""Link with the timing of a contactless one: ISO/IEC 14443-4, type B, at 106 to 848 kbit/s.

Model: ten bit times per character; frames of 256 bytes, of which 253 are data and 3 prologue and CRC, plus 24 bit times
for start and end; long commands and responses are chained and each frame is acknowledged; every change of direction
costs a turn-around. Each command also takes processing time, assumed to be 3 ms in the card and 2 ms in reader and
host. Real exchanges of a few bytes were seen to take 12 to 17 ms.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reader.link import CardLink
from reader.softcard.card import Card
from reader.softcard.wrapped import WrappedCard

RATES: Final = (106_000, 212_000, 424_000, 848_000)
"""Bit/s that a type B card can negotiate."""

_FRAME_DATA: Final = 253
_FRAME_EXTRA: Final = 3
"""Prologue and CRC."""
_CHARACTER_BITS: Final = 10
_FRAME_BITS: Final = 24
_STATUS_WORD: Final = 2
_SELECT: Final = 15
"""Bytes of a SELECT by application identifier."""


@dataclass(frozen=True, slots=True)
class LinkPace:
    """Timing of a link, in seconds and bit/s."""

    bits_per_second: int
    turn_around: float = 0.0003
    per_command: float = 0.005
    """3 ms in the card and 2 ms in the host."""

    def wire_seconds(self, command: int, response: int) -> float:
        """Return the transmission time for these byte counts, including the status word: characters and frames only."""
        return self._bits(command, response) / self.bits_per_second

    def exchange_seconds(self, command: int, response: int) -> float:
        """Return the time of a complete exchange by the full model."""
        return self.wire_seconds(command, response) + 2 * self.turn_around + self.per_command

    def keep(self, transmit: Callable[[bytes | bytearray], bytes], apdu: bytes | bytearray) -> bytes:
        """Transmit `apdu` and return the response at the time given by the model."""
        started = time.perf_counter()
        response = transmit(apdu)
        until = started + self.exchange_seconds(len(apdu), len(response))
        while (left := until - time.perf_counter()) > 0:
            time.sleep(left)
        return response

    def _bits(self, command: int, response: int) -> int:
        there, back = _frames(command), _frames(response)
        # every frame except the last one in each direction is acknowledged with an empty frame
        frames = there + back + (there - 1) + (back - 1)
        return (command + response + frames * _FRAME_EXTRA) * _CHARACTER_BITS + frames * _FRAME_BITS


def _frames(length: int) -> int:
    return max(1, -(-length // _FRAME_DATA))


def wire_bound(pace: LinkPace, files: list[int]) -> float:
    """Return a lower bound in seconds for reading files of these lengths, each in one command: transmission only."""
    return sum(pace.wire_seconds(7, length + _STATUS_WORD) for length in files)


def fewest_exchanges(pace: LinkPace, files: list[int], longest_read: int, applications: int = 0) -> float:
    """Return the time in seconds by the full model for the minimum number of commands: one SELECT per application, and
    READ BINARY commands of at most `longest_read` bytes.
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
    """Link with the timing of the model, accurate to some microseconds. The card's processing time is included."""

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
    """Card with the same timing, to insert into the virtual reader for software that uses PC/SC."""

    def __init__(self, card: Card, pace: LinkPace) -> None:
        super().__init__(card)
        self._pace = pace

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._pace.keep(self._card.transmit, apdu)
