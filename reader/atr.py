"""What an answer to reset reveals: kinds of contactless storage cards, and older card generations. Pure.

A My Number Card cannot be known by its ATR - several are public, new ones come - but some other cards can. Storage
cards (PC/SC part 3, 3.1.3.2.3): `80 4F 0C A0 00 00 03 06`, a byte for the standard, two for the card's name.
"""

from typing import Final

_STORAGE_CARD: Final = bytes.fromhex("804F0CA000000306")
_STANDARD_AT: Final = len(_STORAGE_CARD)
_KINDS: Final = {
    0x0001: "Mifare Classic 1K",
    0x0002: "Mifare Classic 4K",
    0x0003: "Mifare Ultralight",
    0x0026: "Mifare Mini",
    0x003A: "Mifare Ultralight C",
    0x003B: "FeliCa",
}
_FELICA_STANDARD: Final = 0x11
_OLD_RESIDENTS_CARD: Final = bytes.fromhex("3B888001000014E0")
"""住民基本台帳カード, handed out until 2015 (pcsc-tools)."""


def kind_of_other_card(atr: bytes) -> str | None:
    """Return the name of a card that cannot be a My Number Card; None if the ATR does not reveal it."""
    at = atr.find(_STORAGE_CARD)
    if at >= 0:
        told = atr[at + _STANDARD_AT : at + _STANDARD_AT + 3]
        if len(told) < 3:
            return "storage card"
        name = int.from_bytes(told[1:], "big")
        return _KINDS.get(name, "FeliCa" if told[0] == _FELICA_STANDARD else "storage card")
    if atr.startswith(_OLD_RESIDENTS_CARD):
        return "residents' card (predecessor)"
    return None


def is_other_card(atr: bytes) -> bool:
    return kind_of_other_card(atr) is not None
