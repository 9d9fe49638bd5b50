"""Parse the three printed fields from recognised characters.

A field with a low-confidence character is None. Low-confidence digits of the security code are spaces. The security
code is in a separate buffer, which the caller must overwrite.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from vision.printed.recogniser import Character

ERAS: Final = ("明治", "大正", "昭和", "平成", "令和")
DATE: Final = "0123456789年月日"
BIRTH_ALPHABET: Final = DATE + "生元明治大正昭和平成令"
EXPIRY_ALPHABET: Final = DATE + "まで有効"
SECURITY_ALPHABET: Final = "0123456789"

MIN_CONFIDENCE: Final = 0.93
"""Minimum probability of a digit or era character (docs/accuracy.md, printed code)."""
_MIN_ERA_SHARE: Final = 0.97
"""Minimum probability of an era character among those allowed in a date. The era is not part of the code and only used
to check that the date exists."""
_MIN_ERA_CONFIDENCE: Final = 0.02
"""Minimum probability of an era character among all characters."""
_BIRTH: Final = re.compile(r"(明治|大正|昭和|平成|令和)?(元|\d{1,4})年(\d{1,2})月(\d{1,2})日生?")
_EXPIRY: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:まで有効?)?")


@dataclass(frozen=True, slots=True, repr=False)
class PrintedBirth:
    """Birth date as printed."""

    era: str | None
    """One of `ERAS`; None for a Western year."""
    year: int
    """Era year (1 for 元年) or Western year."""
    month: int
    day: int


@dataclass(slots=True, repr=False, eq=False)
class PrintedFields:
    """Fields read from a frame. Incompletely read fields are None. Call `wipe` when done."""

    birth: PrintedBirth | None = None
    expiry: date | None = None
    security: bytearray = field(default_factory=lambda: bytearray(b"    "))
    """Four ASCII digits, with a space for each low-confidence digit."""
    pinless: bool = False
    """Whether the remarks contain 顔認証, as on a card issued without a PIN."""

    @property
    def complete(self) -> bool:
        return self.birth is not None and self.expiry is not None and 0x20 not in self.security

    def wipe(self) -> None:
        self.security[:] = b"    "
        self.birth = self.expiry = None


def parse_birth(characters: Sequence[Character]) -> PrintedBirth | None:
    """Return the birth date, or None if a character is low-confidence or the date does not exist."""
    match = _BIRTH.fullmatch("".join(character.text for character in characters))
    if match is None or not _is_confident(characters, *(match.span(group) for group in (2, 3, 4))):
        return None
    if not all(_may_be_era(character) for character in characters[: max(match.end(1), 0)]):
        return None
    era, year, month, day = match.groups()
    printed_year = 1 if year == "元" else int(year)
    if (era is None) != (len(year) == 4):
        return None
    western_year = printed_year if era is None else printed_year + _FIRST_YEAR[era] - 1
    return PrintedBirth(era, printed_year, int(month), int(day)) if _date_or_none(western_year, month, day) else None


def parse_expiry(characters: Sequence[Character]) -> date | None:
    """Return the expiry date, or None if a character is low-confidence or the date does not exist."""
    match = _EXPIRY.fullmatch("".join(character.text for character in characters))
    if match is None or not _is_confident(characters, *(match.span(group) for group in (1, 2, 3))):
        return None
    return _date_or_none(int(match[1]), match[2], match[3])


def parse_security_code(characters: Sequence[Character]) -> bytearray:
    """Return four digits, with a space for each low-confidence digit, or four spaces if there are not exactly four."""
    if len(characters) != 4:
        return bytearray(b"    ")
    return bytearray(
        ord(character.text) if character.confidence >= MIN_CONFIDENCE else 0x20 for character in characters
    )


_FIRST_YEAR: Final = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}


def _is_confident(characters: Sequence[Character], *spans: tuple[int, int]) -> bool:
    return all(
        character.confidence >= MIN_CONFIDENCE
        for start, end in spans
        if start >= 0
        for character in characters[start:end]
    )


def _may_be_era(character: Character) -> bool:
    return character.confidence >= MIN_CONFIDENCE or (
        character.share >= _MIN_ERA_SHARE and character.confidence >= _MIN_ERA_CONFIDENCE
    )


def _date_or_none(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None
