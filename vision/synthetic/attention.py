"""Delayed reaction of a simulated person to instructions to turn the head."""

import math

from vision.verdict import Guidance

_REACTION = 0.35
"""Seconds until the person begins to move."""
_TURNING = 0.7
"""Seconds for turning from the front to the side."""
_DRIFT, _DRIFT_SECONDS = 0.35, 3.0
"""Fraction by which the head slowly turns further, and over how many seconds."""
_SIDES = {Guidance.TURN_LEFT: 1.0, Guidance.TURN_RIGHT: -1.0}


class Attention:
    """Reaction to instructions. Times are in seconds on the source's clock."""

    def __init__(self, angle: float = 0.48) -> None:
        """`angle`: usual turn in radians."""
        self._angle = angle
        self._target = 0.0
        self._start = 0.0
        self._since = float("-inf")

    def instruct(self, guidance: Guidance, now: float) -> None:
        target = self._angle * _SIDES.get(guidance, 0.0)
        if target != self._target:
            self._start = self.turned(now)
            self._target, self._since = target, now + _REACTION

    def turned(self, now: float) -> float:
        """Return the turn in radians, positive towards the right side of the image, which is the patient's left."""
        progress = min(max((now - self._since) / _TURNING, 0.0), 1.0)
        smooth = (1 - math.cos(math.pi * progress)) / 2
        # turn slightly further while the instruction remains
        further = 1 + _DRIFT * min(max(now - self._since - _TURNING, 0.0) / _DRIFT_SECONDS, 1.0)
        return self._start + (self._target * further - self._start) * smooth
