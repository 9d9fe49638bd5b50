"""The day's reception number, which a patient can give to staff instead of a name. One for each card put down."""

from collections.abc import Callable
from datetime import date


class DayNumber:
    """Counts from 1 each day. After a restart it continues from `last(day)`."""

    def __init__(self, last: Callable[[date], int]) -> None:
        self._last = last
        self._day: date | None = None
        self._number = 0

    def next(self, day: date) -> int:
        if day != self._day:
            self._day, self._number = day, self._last(day)
        self._number += 1
        return self._number
