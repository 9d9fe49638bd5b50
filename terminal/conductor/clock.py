"""Clock for receptions. Tests and the demo can speed it up."""

import time
from datetime import datetime, timedelta

from config.japan import JAPAN
from terminal.session.rules import Now


class Clock:
    """Japan time and monotonic seconds. With `speed=10`, time passes ten times as fast."""

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
        """Convert `seconds` on this clock to real seconds."""
        return max(0.0, seconds / self.speed)
