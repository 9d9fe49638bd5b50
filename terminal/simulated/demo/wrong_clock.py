"""This computer's clock with an adjustable delay."""

from datetime import timedelta

from terminal.conductor.clock import Clock
from terminal.session.rules import Now

AN_HOUR = timedelta(hours=1)


class WrongClock(Clock):
    """A clock that is `late` behind this computer's clock."""

    late = timedelta()

    def now(self) -> Now:
        now = super().now()
        return now._replace(wall=now.wall - self.late)
