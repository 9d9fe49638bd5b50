"""Identification of other cards by ATR: contactless storage cards and the predecessor card. No I/O.

My Number Cards have several ATRs and will get new ones, so an ATR cannot identify them. The ATR of a storage card
contains `80 4F 0C A0 00 00 03 06`, one byte for the standard and two for the card name (PC/SC part 3, 3.1.3.2.3).
"""

from typing import Final

_STORAGE_CARD: Final = bytes.fromhex("804F0CA000000306")
_STANDARD_OFFSET: Final = len(_STORAGE_CARD)
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
"""住民基本台帳カード, issued until 2015 (pcsc-tools)."""


def other_card_kind(atr: bytes) -> str | None:
    """Return the kind of card, or None if the ATR does not rule out a My Number Card."""
    prefix = atr.find(_STORAGE_CARD)
    if prefix >= 0:
        start = prefix + _STANDARD_OFFSET
        fields = atr[start : start + 3]
        if len(fields) < 3:
            return "storage card"
        name = int.from_bytes(fields[1:], "big")
        return _KINDS.get(name, "FeliCa" if fields[0] == _FELICA_STANDARD else "storage card")
    if atr.startswith(_OLD_RESIDENTS_CARD):
        return "residents' card (before 2016)"
    return None


def is_other_card(atr: bytes) -> bool:
    return other_card_kind(atr) is not None
