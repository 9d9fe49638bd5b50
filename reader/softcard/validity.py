"""Validity of cards and certificates, calculated from application, issue and birth dates and residence status.

The rules follow the municipal guides: an age is reached on the birthday, not on the previous day as in the law on
ages. In common years, people born on 29 February have their birthday on 28 February, for which the guides give no rule.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from config.japan import JAPAN
from reader.months import add_months

ADULT_AT_18_FROM: Final = date(2022, 4, 1)
"""First application date with an age of majority of 18 instead of 20."""
PHOTOLESS_FROM: Final = date(2024, 12, 2)
"""First application date from which cards of infants under one have no photo."""
SIGNATURE_AGE: Final = 15
_PHOTO_AGE: Final = 1
_CHILD_YEARS: Final = 5
_ADULT_YEARS: Final = 10
_TRANSITIONAL_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class PermanentStay:
    """Unlimited stay: Japanese nationals, (special) permanent residents and highly skilled professionals (ii)."""


@dataclass(frozen=True, slots=True)
class LimitedStay:
    """Limited stay: other foreign residents."""

    until: date
    """Last day of the permitted stay."""
    renewal_pending: bool = False
    """Whether an extension is pending, which prolongs stay and card by two months."""

    @property
    def last_day(self) -> date:
        return add_months(self.until, 2) if self.renewal_pending else self.until


@dataclass(frozen=True, slots=True)
class TransitionalStay:
    """経過滞在者: a stay of 60 days without a permit after birth in Japan or loss of nationality."""

    since: date
    """Date of birth or loss."""

    @property
    def last_day(self) -> date:
        return self.since + timedelta(days=_TRANSITIONAL_DAYS)


Residence = PermanentStay | LimitedStay | TransitionalStay
PERMANENT: Final = PermanentStay()


def birthday_in(year: int, birth_date: date) -> date:
    """Return the birthday in `year`; 28 February instead of 29 in common years."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def nth_birthday_after(birth_date: date, day: date, n: int) -> date:
    """Return the n-th birthday after `day`, not counting `day` itself."""
    first = day.year if birthday_in(day.year, birth_date) > day else day.year + 1
    return birthday_in(first + n - 1, birth_date)


def age_on(day: date, birth_date: date) -> int:
    """Return the age in completed years."""
    return day.year - birth_date.year - (birthday_in(day.year, birth_date) > day)


def card_expiry_date(
    birth_date: date,
    issued_on: date,
    *,
    applied_on: date | None = None,
    residence: Residence = PERMANENT,
    extra_months: int = 0,
) -> date:
    """Return the card's expiry date: the 10th birthday after issue (5th for minors), limited by the stay.

    `applied_on`: application date, which determines the age of majority; by default the day of issue.
    `extra_months`: added to the 10th birthday in the announced generation.
    """
    majority = 18 if (applied_on or issued_on) >= ADULT_AT_18_FROM else 20
    if age_on(issued_on, birth_date) >= majority:
        end = add_months(nth_birthday_after(birth_date, issued_on, _ADULT_YEARS), extra_months)
    else:
        end = nth_birthday_after(birth_date, issued_on, _CHILD_YEARS)
    return end if isinstance(residence, PermanentStay) else min(end, residence.last_day)


def certificate_expiry_date(birth_date: date, issued_on: date, card_ends_on: date, years: int = 5) -> date:
    """Return the certificate's expiry date: the `years`-th birthday after issue, limited by the card's expiry."""
    return min(nth_birthday_after(birth_date, issued_on, years), card_ends_on)


def has_signature_certificate(birth_date: date, issued_on: date) -> bool:
    """Return whether the holder is old enough for a signature certificate."""
    return age_on(issued_on, birth_date) >= SIGNATURE_AGE


def has_photo(birth_date: date, applied_on: date) -> bool:
    """Return whether the card has a photo. Since `PHOTOLESS_FROM`, cards of infants under one have none."""
    return applied_on < PHOTOLESS_FROM or age_on(applied_on, birth_date) >= _PHOTO_AGE


def end_of_day(day: date) -> datetime:
    """Return the last second of the day in Japan (14:59:59 UTC)."""
    return datetime.combine(day, time(23, 59, 59), JAPAN)


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(0), JAPAN)
