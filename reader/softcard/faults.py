"""Scripted faults: cards that fail at their n-th command.

`FaultyCard` wraps any card, in process or in the virtual reader, and counts commands from 1.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reader.softcard.card import Card, CardVanished
from reader.softcard.wrapped import WrappedCard


class CardFault(Protocol):
    """Behaviour that replaces the card's response."""

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        """Return a response or raise `CardVanished`."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Card removed before it receives the command, which has no effect."""

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise CardVanished


@dataclass(frozen=True, slots=True)
class PulledDuringResponse:
    """Card removed while it is responding. The command has taken effect, so a wrong PIN has used up a try."""

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        raise CardVanished(part=response[: len(response) // 2])


@dataclass(frozen=True, slots=True)
class Mute:
    """Card on the reader that stops answering."""

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise CardVanished(mute=True)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Random bytes instead of this and all later responses."""

    seed: int = 0
    max_length: int = 300

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        # reproducible, and not used for security
        generator = random.Random(f"{self.seed} {bytes(apdu).hex()}")  # noqa: S311
        return generator.randbytes(generator.randint(2, self.max_length))


@dataclass(frozen=True, slots=True)
class TruncatedTlv:
    """Response data truncated to half, so that objects are shorter than their length field. Keeps the status word."""

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        data = response[:-2]
        return data[: len(data) // 2] + response[-2:]


@dataclass(frozen=True, slots=True)
class WrongStatus:
    """Status word without data. The card does not execute the command."""

    sw: int = 0x6F00

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.sw.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Swapped:
    """Card replaced by a different, freshly powered card without the reader noticing."""

    other: Card = field(repr=False)

    def apply(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.other.transmit(apdu)


_PERSISTENT = (Pulled, PulledDuringResponse, Mute, Garbage, Swapped)


class FaultyCard(WrappedCard):
    """Card with a fault at its n-th command. Removal, mute, garbage and swap persist; other faults occur once."""

    def __init__(self, card: Card, at: int, fault: CardFault, *, ins: int | None = None) -> None:
        """`at`: number of the command with the fault. `ins`: count only commands with this instruction byte."""
        super().__init__(card)
        self._at = at
        self._fault = fault
        self._ins = ins
        self.count = 0
        """Number of commands counted."""

    @property
    def triggered(self) -> bool:
        return self.count >= self._at

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        triggered_before = self.triggered
        self.count += self._ins is None or (len(apdu) > 1 and apdu[1] == self._ins)
        if self.triggered and (not triggered_before or isinstance(self._fault, _PERSISTENT)):
            return self._fault.apply(self._card, apdu)
        return self._card.transmit(apdu)


FAULTS: Mapping[str, CardFault] = {
    "pulled": Pulled(),
    "pulled-during-response": PulledDuringResponse(),
    "mute": Mute(),
    "garbage": Garbage(),
    "truncated-tlv": TruncatedTlv(),
    "wrong-status": WrongStatus(),
}
"""Faults by name. Does not include `Swapped`, which requires a second card."""
