"""A clock that is behind this computer's clock."""

from datetime import timedelta

from terminal.conductor.clock import Clock
from terminal.session.rules import Now

ONE_HOUR = timedelta(hours=1)


class SlowClock(Clock):
    """A clock that is `delay` behind this computer's clock."""

    delay = timedelta()

    def now(self) -> Now:
        now = super().now()
        return now._replace(wall=now.wall - self.delay)
