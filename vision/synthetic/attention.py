"""A person who reads the screen and follows it a moment later: how far the head is turned at any time."""

import math

from vision.verdict import Guidance

_REACTION = 0.35
"""Seconds until the person begins to move."""
_TURNING = 0.7
"""Seconds from the front to the side."""
_FURTHER, _PATIENCE = 0.35, 3.0
"""The share by which the head is turned further, gradually over this many seconds."""
_SIDES = {Guidance.TURN_LEFT: 1.0, Guidance.TURN_RIGHT: -1.0}


class Attention:
    """Times are those of the source's own clock, in seconds."""

    def __init__(self, far: float = 0.48) -> None:
        """`far`: the turn that one makes, in radians."""
        self._far = far
        self._target = 0.0
        self._start = 0.0
        self._since = float("-inf")

    def hear(self, guidance: Guidance, now: float) -> None:
        target = self._far * _SIDES.get(guidance, 0.0)
        if target != self._target:
            self._start = self.turned(now)
            self._target, self._since = target, now + _REACTION

    def turned(self, now: float) -> float:
        """Radians; positive to the picture's right, which is the patient's left."""
        share = min(max((now - self._since) / _TURNING, 0.0), 1.0)
        smooth = (1 - math.cos(math.pi * share)) / 2
        # a person who is still told to turn turns a little further
        more = 1 + _FURTHER * min(max(now - self._since - _TURNING, 0.0) / _PATIENCE, 1.0)
        return self._start + (self._target * more - self._start) * smooth
