"""Faults on demand: a card that works until the n-th command and then does not.

`FaultyCard` is put in wherever a card is, in process or through the virtual reader; it counts commands from its making,
the first one is number 1.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reader.softcard.card import Card, Vanished
from reader.softcard.wrapped import WrappedCard


class CardFault(Protocol):
    """What happens instead of the answer."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        """The answer after all, or `Vanished`."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Taken away before the command reaches it: the card has not done it."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise Vanished


@dataclass(frozen=True, slots=True)
class PulledInResponse:
    """Taken away in the middle of its answer: the card has done it, a wrong PIN is spent."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        raise Vanished(part=response[: len(response) // 2])


@dataclass(frozen=True, slots=True)
class Mute:
    """Lies there and answers nothing, until it is taken away."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        raise Vanished(mute=True)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Random bytes for an answer, and for all that follow."""

    seed: int = 0
    most: int = 300

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        # Not a matter of security: the same seed gives the same garbage.
        dice = random.Random(f"{self.seed} {bytes(apdu).hex()}")  # noqa: S311
        return dice.randbytes(dice.randint(2, self.most))


@dataclass(frozen=True, slots=True)
class TruncatedTlv:
    """An object that ends before its length says; the status word is a good one."""

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        response = card.transmit(apdu)
        data = response[:-2]
        return data[: len(data) // 2] + response[-2:]


@dataclass(frozen=True, slots=True)
class WrongStatus:
    """A status word without data, without the card having done anything."""

    sw: int = 0x6F00

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.sw.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Swapped:
    """Another card answers from then on, freshly powered; no reader noticed."""

    other: Card = field(repr=False)

    def strike(self, card: Card, apdu: bytes | bytearray) -> bytes:
        return self.other.transmit(apdu)


_LASTING = (Pulled, PulledInResponse, Mute, Garbage, Swapped)


class FaultyCard(WrappedCard):
    """A card with a fault at the n-th command. What takes the card away or replaces it lasts; the rest happens once."""

    def __init__(self, card: Card, at: int, fault: CardFault, *, ins: int | None = None) -> None:
        """`ins`: count only commands of this kind."""
        super().__init__(card)
        self._at = at
        self._fault = fault
        self._ins = ins
        self.count = 0
        """Commands that came so far."""

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
"""By name, for the command line. `Swapped` needs a second card."""
