"""Movements of a person in front of a camera, determined by seed and time: blinks, slow turns, slight sway."""

import math
import random

from vision.synthetic.scene import Pose

_BLINK = (1, 2, 3, 3, 2, 1)
"""Eyelid position at each step of a blink."""
_STEP = 0.03
"""Duration of a step in seconds."""


def pose_at(seconds: float, seed: int = 0) -> Pose:
    """Return the pose at a time, with turns of up to about 12 degrees and one blink every four seconds."""
    phases = random.Random(seed)  # noqa: S311 - not used for security
    a, b, c, d, e = (phases.uniform(0, 2 * math.pi) for _ in range(5))
    yaw = 0.13 * math.sin(0.9 * seconds + a) + 0.06 * math.sin(2.3 * seconds + b)
    pitch = 0.05 * math.sin(0.7 * seconds + c)
    roll = 0.03 * math.sin(0.5 * seconds + d)
    shift = (7 * math.sin(0.8 * seconds + e) + 9 * math.sin(yaw), 3 * math.sin(1.3 * seconds + a))
    distance = 1 + 0.03 * math.sin(0.4 * seconds + b)
    return Pose(yaw, pitch, roll, shift, distance, _lids(seconds, seed))


def _lids(seconds: float, seed: int) -> int:
    """Return the eyelid position, with one blink at a random time in each interval of four seconds."""
    window = math.floor(seconds / 4)
    start = window * 4 + random.Random(seed * 7919 + window).uniform(0, 3)  # noqa: S311
    step = math.floor((seconds - start) / _STEP)
    return _BLINK[step] if 0 <= step < len(_BLINK) else 0
