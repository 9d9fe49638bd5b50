"""照合番号B, the 14 digits printed on the card's front in three places: birth date, expiry year, security code.

The birth date is used as printed, beginning with the year of the Japanese era (`YYMMDD`), or on some foreign residents'
cards, with the Western year. Never guess which one a card expects, because each wrong guess uses up one of ten tries.
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


# First and last day. The day of transition in 1912 and 1926 belongs to both eras, in 1989 and 2019 to the new one.
_SPANS: Final[dict[Era, tuple[date, date]]] = {
    Era.MEIJI: (date(1868, 1, 25), date(1912, 7, 30)),
    Era.TAISHO: (date(1912, 7, 30), date(1926, 12, 25)),
    Era.SHOWA: (date(1926, 12, 25), date(1989, 1, 7)),
    Era.HEISEI: (date(1989, 1, 8), date(2019, 4, 30)),
    Era.REIWA: (date(2019, 5, 1), date(2117, 12, 31)),  # year 99, the last one with two digits
}


class CodePart(StrEnum):
    BIRTH_DATE = "birth date"
    EXPIRY_YEAR = "expiry year"
    SECURITY_CODE = "security code"
    WHOLE = "code"


@dataclass(frozen=True, slots=True)
class CodeFault:
    """Why no code could be built: the part, what is wrong and what to do. Never quotes the digits."""

    part: CodePart
    reason: str
    next_step: str


@dataclass(frozen=True, slots=True, repr=False)
class EraDate:
    """Birth date as printed on Japanese nationals' cards: era, year of the era, month, day."""

    era: Era
    year: int
    month: int
    day: int

    @classmethod
    def of(cls, day: date) -> "EraDate":
        """Return the era date of a Gregorian date, with the new era for a day in two eras. Raises `ValueError`."""
        for era in reversed(Era):
            first, last = _SPANS[era]
            if first <= day <= last:
                return cls(era, day.year - first.year + 1, day.month, day.day)
        raise ValueError("the day is not in any era printed on cards")

    def to_date(self) -> date | CodeFault:
        first, last = _SPANS[self.era]
        day = _calendar_day(first.year + self.year - 1, self.month, self.day) if 1 <= self.year <= 99 else None
        if day is None:
            return CodeFault(CodePart.BIRTH_DATE, "no such day exists", "compare it with the front of the card")
        if not first <= day <= last:
            reason = f"no such day exists in the {self.era.capitalize()} era"
            return CodeFault(CodePart.BIRTH_DATE, reason, "compare the era with the front of the card")
        return day


@dataclass(frozen=True, slots=True, repr=False)
class WesternDate:
    """Birth date printed with the Western year, as on some foreign residents' cards."""

    year: int
    month: int
    day: int

    def to_date(self) -> date | CodeFault:
        day = _calendar_day(self.year, self.month, self.day) if 1868 <= self.year <= 9999 else None
        if day is None:
            return CodeFault(CodePart.BIRTH_DATE, "no such day exists", "compare it with the front of the card")
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

    `birth_date`: as printed. `expiry_year`: four-digit Gregorian year. `security_code`: the four printed digits, ASCII.
    """
    born = birth_date.to_date()
    if isinstance(born, CodeFault):
        return born
    if not 2016 <= expiry_year <= 2099:
        return CodeFault(CodePart.EXPIRY_YEAR, "no card expires in that year", "use the card's four-digit expiry year")
    if born.year > expiry_year:
        return CodeFault(CodePart.BIRTH_DATE, "later than the expiry date", "compare it with the front of the card")
    if len(security_code) != SECURITY_CODE_LENGTH or not _digits(security_code):
        reason = f"not {SECURITY_CODE_LENGTH} digits"
        return CodeFault(CodePart.SECURITY_CODE, reason, "type the four digits printed next to the expiry date")
    code = bytearray(b"%02d%02d%02d%04d" % (birth_date.year % 100, birth_date.month, birth_date.day, expiry_year))
    return code + security_code


def check_printed_code(code: bytearray) -> CodeFault | None:
    """Return None if these 14 ASCII digits can be a code. Used for a scanned code before it is sent to the card."""
    if len(code) != PRINTED_CODE_LENGTH or not _digits(code):
        return CodeFault(CodePart.WHOLE, f"not {PRINTED_CODE_LENGTH} digits", "scan the card's front again or type it")
    month, day = int(code[2:4]), int(code[4:6])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return CodeFault(CodePart.BIRTH_DATE, "no such month or day", "scan the card's front again or type it")
    return None


def _digits(text: bytearray) -> bool:
    # unlike str.isdigit, this accepts only ASCII digits
    return text.isdigit()
