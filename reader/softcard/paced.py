"""Simulated timing of a contactless link: ISO/IEC 14443-4, type B, at 106 to 848 kbit/s.

Model: a character takes ten bit times. A frame has 256 bytes (253 of data, 3 of prologue and CRC), plus 24 bit times
for start and end. Long commands and responses are chained, and each frame is acknowledged. Every change of direction
adds a turn-around time, and each command a processing time, assumed to be 3 ms in the card and 2 ms in reader and host.
Measured exchanges of a few bytes with real cards took 12 to 17 ms.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reader.link import CardLink
from reader.softcard.card import Card
from reader.softcard.wrapped import WrappedCard

RATES: Final = (106_000, 212_000, 424_000, 848_000)
"""Bit rates of type B cards, in bit/s."""

_FRAME_DATA: Final = 253
_FRAME_EXTRA: Final = 3
"""Prologue and CRC."""
_CHARACTER_BITS: Final = 10
_FRAME_BITS: Final = 24
_STATUS_WORD: Final = 2
_SELECT: Final = 15
"""Length of a SELECT by application identifier, in bytes."""


@dataclass(frozen=True, slots=True)
class LinkPace:
    """Timing of a link, in seconds and bit/s."""

    bits_per_second: int
    turn_around: float = 0.0003
    per_command: float = 0.005
    """3 ms in the card and 2 ms in the host."""

    def wire_seconds(self, command: int, response: int) -> float:
        """Return the transmission time of characters and frames for these byte counts, including the status word."""
        return self._bits(command, response) / self.bits_per_second

    def exchange_seconds(self, command: int, response: int) -> float:
        """Return the time of an exchange, including turn-around and processing."""
        return self.wire_seconds(command, response) + 2 * self.turn_around + self.per_command

    def transmit(self, send: Callable[[bytes | bytearray], bytes], apdu: bytes | bytearray) -> bytes:
        """Send `apdu` and return the response after the modelled time."""
        started = time.perf_counter()
        response = send(apdu)
        deadline = started + self.exchange_seconds(len(apdu), len(response))
        while (left := deadline - time.perf_counter()) > 0:
            time.sleep(left)
        return response

    def _bits(self, command: int, response: int) -> int:
        sent, received = _frames(command), _frames(response)
        # an empty frame acknowledges every frame except the last in each direction
        frames = sent + received + (sent - 1) + (received - 1)
        return (command + response + frames * _FRAME_EXTRA) * _CHARACTER_BITS + frames * _FRAME_BITS


def _frames(length: int) -> int:
    return max(1, -(-length // _FRAME_DATA))


def wire_bound(pace: LinkPace, files: list[int]) -> float:
    """Return a lower bound in seconds for reading files of these lengths: transmission only, one command per file."""
    return sum(pace.wire_seconds(7, length + _STATUS_WORD) for length in files)


def fewest_exchanges(pace: LinkPace, files: list[int], longest_read: int, applications: int = 0) -> float:
    """Return the time in seconds for the minimum number of exchanges.

    Counts one SELECT per application and READ BINARY commands of at most `longest_read` bytes.
    """
    header = 5 if longest_read <= 256 else 7
    selects = applications * pace.exchange_seconds(_SELECT, _STATUS_WORD)
    return selects + sum(
        pace.exchange_seconds(header, block + _STATUS_WORD)
        for length in files
        for block in _blocks(length, longest_read)
    )


def _blocks(length: int, size: int) -> list[int]:
    return [min(size, length - start) for start in range(0, length, size)]


class PacedLink:
    """Link with the timing of the model, accurate to a few microseconds, and including the card's processing."""

    def __init__(self, link: CardLink, pace: LinkPace) -> None:
        self._link = link
        self._pace = pace

    @property
    def atr(self) -> bytes:
        return self._link.atr

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._pace.transmit(self._link.transmit, apdu)

    def close(self) -> None:
        self._link.close()


class PacedCard(WrappedCard):
    """Card with the same timing, for use in the virtual reader."""

    def __init__(self, card: Card, pace: LinkPace) -> None:
        super().__init__(card)
        self._pace = pace

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self._pace.transmit(self._card.transmit, apdu)
