"""Profiles of other cards that people put on a clinic's reader: ATRs and responses to SELECT.

Comments give where each value comes from: published documents, open-source code or assumption.
"""

import functools
import operator
from typing import Final

from reader.profile import Algorithm, Application, CardProfile, File, FileEntry


def contactless_atr(historical: str) -> bytes:
    """Build the ATR of a type B card (PC/SC part 3): `3B 88 80 01`, eight bytes of its ATQB (hex), check byte."""
    return _add_check_byte(bytes.fromhex("888001") + bytes.fromhex(historical))


def storage_card_atr(standard: int, name: int) -> bytes:
    """Build the ATR of a storage card (PC/SC part 3) from the codes for its standard and its card name."""
    return _add_check_byte(
        bytes.fromhex("8F8001804F0CA000000306") + bytes([standard]) + name.to_bytes(2, "big") + bytes(4)
    )


def _add_check_byte(body: bytes) -> bytes:
    return b"\x3b" + body + bytes([functools.reduce(operator.xor, body)])


def _other(
    name: str, atr: bytes, *applications: Application, status: int = 0x6A82, storage: bool = False
) -> CardProfile:
    return CardProfile(
        name=name,
        atr=atr,
        algorithm=Algorithm.RSA_2048_SHA_256,
        applications=applications,
        unknown_application=status,
        storage_card=storage,
    )


_OLD_JPKI: Final = Application(
    name="jpki of the residents' card",
    aid=bytes.fromhex("D392F000260100000001"),
    files={File.TOKEN_INFO: FileEntry(0x0006)},
    passwords={},
    keys={},
)

OTHER_PROFILES: Final = {
    profile.name: profile
    for profile in (
        # ATR published (PC/SC part 3, Sony and ACS manuals), status words observed with ACS readers
        _other("suica", storage_card_atr(0x11, 0x003B), status=0x6A81, storage=True),
        _other("mifare", storage_card_atr(0x03, 0x0001), status=0x6300, storage=True),
        # ATR assumed: contact and contactless cards from many manufacturers; 6A82 as in ISO/IEC 7816-4 and EMV
        _other("bank-card", bytes.fromhex("3B6800000073C84012009000")),
        # ATR format published (PC/SC part 3, type B), its eight bytes assumed; 6A82 as in ISO/IEC 7816-4
        _other("driving-licence", contactless_atr("0000000033818100")),
        _other("residence-card", contactless_atr("000000007781C100")),
        # ATR published (pcsc-tools); JPKI present, surface application absent: public code (myna);
        # 6A86 for an unknown application: assumed
        _other("residents-card", contactless_atr("000014E0B3819100"), _OLD_JPKI, status=0x6A86),
    )
}
