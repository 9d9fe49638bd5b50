"""Printed code (照合番号B): 14 digits composed of birth date, expiry year and security code on the card's front.

The birth date (`YYMMDD`) is used as printed: with the Japanese era year, or on some foreign residents' cards with the
Western year. Never guess the calendar, because each wrong code uses up one of ten tries.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from reader.profile import PRINTED_CODE_LENGTH

SECURITY_CODE_LENGTH: Final = 4


class Era(StrEnum):
    MEIJI = "meiji"
    TAISHO = "taisho"
    SHOWA = "showa"
    HEISEI = "heisei"
    REIWA = "reiwa"


# First and last day. In 1912 and 1926 the day of transition is in both eras; in 1989 and 2019, only in the new era.
_SPANS: Final[dict[Era, tuple[date, date]]] = {
    Era.MEIJI: (date(1868, 1, 25), date(1912, 7, 30)),
    Era.TAISHO: (date(1912, 7, 30), date(1926, 12, 25)),
    Era.SHOWA: (date(1926, 12, 25), date(1989, 1, 7)),
    Era.HEISEI: (date(1989, 1, 8), date(2019, 4, 30)),
    Era.REIWA: (date(2019, 5, 1), date(2117, 12, 31)),  # end of year 99, the last two-digit year
}


class CodePart(StrEnum):
    BIRTH_DATE = "birth date"
    EXPIRY_YEAR = "expiry year"
    SECURITY_CODE = "security code"
    WHOLE = "code"


@dataclass(frozen=True, slots=True)
class CodeFault:
    """Invalid part of a code, with reason and remedy. Does not contain the digits."""

    part: CodePart
    reason: str
    next_step: str


@dataclass(frozen=True, slots=True, repr=False)
class EraDate:
    """Birth date as printed on Japanese nationals' cards."""

    era: Era
    year: int
    month: int
    day: int

    @classmethod
    def from_date(cls, day: date) -> "EraDate":
        """Convert a Gregorian date. A day in two eras gets the new era. Raises `ValueError` for dates before 1868."""
        for era in reversed(Era):
            first, last = _SPANS[era]
            if first <= day <= last:
                return cls(era, day.year - first.year + 1, day.month, day.day)
        raise ValueError("the date is outside the eras printed on cards")

    def to_date(self) -> date | CodeFault:
        first, last = _SPANS[self.era]
        day = _calendar_day(first.year + self.year - 1, self.month, self.day) if 1 <= self.year <= 99 else None
        if day is None:
            return CodeFault(CodePart.BIRTH_DATE, "this date does not exist", "compare it with the front of the card")
        if not first <= day <= last:
            reason = f"this date is not in the {self.era.capitalize()} era"
            return CodeFault(CodePart.BIRTH_DATE, reason, "compare the era with the front of the card")
        return day


@dataclass(frozen=True, slots=True, repr=False)
class WesternDate:
    """Birth date with Western year, as printed on some foreign residents' cards."""

    year: int
    month: int
    day: int

    def to_date(self) -> date | CodeFault:
        day = _calendar_day(self.year, self.month, self.day) if 1868 <= self.year <= 9999 else None
        if day is None:
            return CodeFault(CodePart.BIRTH_DATE, "this date does not exist", "compare it with the front of the card")
        return day


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def build_printed_code(
    birth_date: EraDate | WesternDate, expiry_year: int, security_code: bytearray
) -> bytearray | CodeFault:
    """Return the 14 ASCII digits in a buffer that the caller must overwrite.

    `birth_date`: as printed. `expiry_year`: four-digit Gregorian year. `security_code`: four ASCII digits.
    """
    born = birth_date.to_date()
    if isinstance(born, CodeFault):
        return born
    if not 2016 <= expiry_year <= 2099:
        reason = "must be between 2016 and 2099"
        return CodeFault(CodePart.EXPIRY_YEAR, reason, "enter the four-digit expiry year printed on the card")
    if born.year > expiry_year:
        return CodeFault(CodePart.BIRTH_DATE, "later than the expiry date", "compare it with the front of the card")
    if len(security_code) != SECURITY_CODE_LENGTH or not _digits(security_code):
        reason = f"not {SECURITY_CODE_LENGTH} digits"
        return CodeFault(CodePart.SECURITY_CODE, reason, "enter the four digits printed next to the expiry date")
    code = bytearray(b"%02d%02d%02d%04d" % (birth_date.year % 100, birth_date.month, birth_date.day, expiry_year))
    return code + security_code


def check_printed_code(code: bytearray) -> CodeFault | None:
    """Check the format of a scanned code before it is sent to the card. Returns None if it is valid."""
    if len(code) != PRINTED_CODE_LENGTH or not _digits(code):
        reason = f"not {PRINTED_CODE_LENGTH} digits"
        return CodeFault(CodePart.WHOLE, reason, "scan the card's front again, or enter the code")
    month, day = int(code[2:4]), int(code[4:6])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        reason = "invalid month or day"
        return CodeFault(CodePart.BIRTH_DATE, reason, "scan the card's front again, or enter the code")
    return None


def _digits(text: bytearray) -> bool:
    # bytearray.isdigit accepts ASCII digits only, unlike str.isdigit
    return text.isdigit()
