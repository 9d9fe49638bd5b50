"""This computer's clock, or one that is late."""

from datetime import timedelta

from terminal.conductor.clock import Clock
from terminal.session.rules import Now

AN_HOUR = timedelta(hours=1)


class WrongClock(Clock):
    late = timedelta()

    def now(self) -> Now:
        right = super().now()
        return right._replace(wall=right.wall - self.late)
