"""Scripted faults: a card that fails at its n-th command.

`FaultyCard` can replace any card, in process or in the virtual reader. It counts commands from 1, starting when it is
created.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reader.softcard.card import Card, Vanished
from reader.softcard.wrapped import WrappedCard


class CardFault(Protocol):
    """Behaviour that replaces the card's response."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        """Return a response or raise `Vanished`."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Card removed before the command reaches it: the command has no effect."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise Vanished


@dataclass(frozen=True, slots=True)
class PulledInResponse:
    """Card removed in the middle of its response: the command took effect, so a wrong PIN has cost a try."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        raise Vanished(part=response[: len(response) // 2])


@dataclass(frozen=True, slots=True)
class Mute:
    """Card stays on the reader and does not answer until it is removed."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise Vanished(mute=True)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Random bytes instead of this response and all later ones."""

    seed: int = 0
    most: int = 300

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        # Reproducible from the seed; not used for security.
        dice = random.Random(f"{self.seed} {bytes(apdu).hex()}")  # noqa: S311
        return dice.randbytes(dice.randint(2, self.most))


@dataclass(frozen=True, slots=True)
class TruncatedTlv:
    """Response data cut in half, so that an object is shorter than its length field; the status word is unchanged."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        data = response[:-2]
        return data[: len(data) // 2] + response[-2:]


@dataclass(frozen=True, slots=True)
class WrongStatus:
    """A status word without data; the card does not execute the command."""

    sw: int = 0x6F00

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.sw.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Swapped:
    """Another card answers from now on, as after power-up, without the reader noticing."""

    other: Card = field(repr=False)

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.other.transmit(apdu)


_LASTING = (Pulled, PulledInResponse, Mute, Garbage, Swapped)


class FaultyCard(WrappedCard):
    """Card with a fault at its n-th command. Removal, silence, garbage and swapping last; other faults happen once."""

    def __init__(self, card: Card, at: int, fault: CardFault, *, ins: int | None = None) -> None:
        """`ins`: count only commands of this kind."""
        super().__init__(card)
        self._at = at
        self._fault = fault
        self._ins = ins
        self.count = 0
        """Commands counted so far."""

    @property
    def struck(self) -> bool:
        return self.count >= self._at

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        before = self.struck
        self.count += self._ins is None or (len(apdu) > 1 and apdu[1] == self._ins)
        if (not before and self.struck) or (before and isinstance(self._fault, _LASTING)):
            return self._fault.strike(self._card, apdu)
        return self._card.transmit(apdu)


FAULTS: Mapping[str, CardFault] = {
    "pulled": Pulled(),
    "pulled-in-response": PulledInResponse(),
    "mute": Mute(),
    "garbage": Garbage(),
    "truncated-tlv": TruncatedTlv(),
    "wrong-status": WrongStatus(),
}
"""Faults by name for the command line, except `Swapped`, which needs a second card."""
