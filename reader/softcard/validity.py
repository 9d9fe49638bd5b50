"""How long a card and its certificate last, from issue date and birth date (rules of April 2022 and later)."""

from datetime import date, datetime, time, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def birthday_in(year: int, birth_date: date) -> date:
    """Who was born on 29 February has the birthday on the 28th in common years."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def nth_birthday_after(birth_date: date, issued_on: date, n: int) -> date:
    """The day of issue itself does not count."""
    first = issued_on.year if birthday_in(issued_on.year, birth_date) > issued_on else issued_on.year + 1
    return birthday_in(first + n - 1, birth_date)


def card_end(birth_date: date, issued_on: date) -> date:
    """The 10th birthday after issue, the 5th for those under 18."""
    adult = birthday_in(birth_date.year + 18, birth_date) <= issued_on
    return nth_birthday_after(birth_date, issued_on, 10 if adult else 5)


def certificate_end(birth_date: date, issued_on: date, card_ends_on: date) -> date:
    """The 5th birthday after issue, never later than the card."""
    return min(nth_birthday_after(birth_date, issued_on, 5), card_ends_on)


def end_of_day(day: date) -> datetime:
    """The last second of the day in Japan: 14:59:59 UTC."""
    return datetime.combine(day, time(23, 59, 59), JST)


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(0), JST)
