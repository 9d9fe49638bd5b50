"""Reception number within the day, which patients can give to staff instead of their name."""

from collections.abc import Callable
from datetime import date


class DayNumber:
    """Counts insertions, starting at 1 each day. After a restart, continues from `last(day)`."""

    def __init__(self, last: Callable[[date], int]) -> None:
        self._last = last
        self._day: date | None = None
        self._number = 0

    def next(self, day: date) -> int:
        if day != self._day:
            self._day, self._number = day, self._last(day)
        self._number += 1
        return self._number
