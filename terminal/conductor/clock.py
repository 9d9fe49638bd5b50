"""The clock of a reception. Tests and the demo may run it faster; nothing else is faked."""

import time
from datetime import datetime, timedelta

from config.japan import JAPAN
from terminal.session.rules import Now


class Clock:
    """Japan time beside a monotonic count of seconds. `speed` 10 lets timeouts pass ten times as fast."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self.speed = speed
        self._start = start
        self._zero = time.monotonic()

    def now(self) -> Now:
        seconds = (time.monotonic() - self._zero) * self.speed
        wall = self._start + timedelta(seconds=seconds) if self._start else datetime.now(JAPAN)
        return Now(seconds, wall)

    def wall(self) -> datetime:
        return self.now().wall

    def real_seconds(self, seconds: float) -> float:
        """Return how long to really wait until `seconds` have passed on this clock."""
        return max(0.0, seconds / self.speed)
