"""The anti-photo check: look ahead, turn the head to a given side at an unpredictable time, and turn back.

It only distinguishes a printed photograph from a face. A video of the patient passes if it happens to turn to the
correct side. Not certified presentation attack detection.
"""

import random
import secrets
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from config.settings import AntiPhoto
from vision.face import Points
from vision.frame import Image
from vision.guidance import turn
from vision.parallax import FollowedFace
from vision.verdict import Guidance, PhotoSign

SIDES = {1: Guidance.TURN_LEFT, -1: Guidance.TURN_RIGHT}
"""Instruction by the sign of the turn in the picture. The right side of the picture is the patient's left."""


@dataclass(frozen=True, slots=True)
class Demands:
    """Requirements of a policy. See docs/accuracy.md for the figures."""

    turns: int
    """Number of turns: the first to a random side, the second to the other side."""
    mistakes: int
    """Allowed mistakes: turning to the wrong side, going away, or a discontinuity. After each, a new side is chosen."""
    enough: float = 0.13
    """Minimum turn, as measured by `vision.guidance.turn`: about 15 to 20 degrees."""
    stands_out: float = 0.022
    """Minimum lead of the nose in eye distances, as the median of the last `looks` frames."""
    looks: int = 5
    """Number of frames of the turned face."""
    moment: tuple[float, float] = (0.3, 1.0)
    """Range of seconds of looking ahead before the turn is requested."""
    seconds: float = 6.0
    """Time limit for a turn, in which patients can turn further until the nose stands out."""


DEMANDS = {AntiPhoto.STANDARD: Demands(turns=1, mistakes=2), AntiPhoto.STRICT: Demands(turns=2, mistakes=1)}


_FRESH = 0.6
"""Seconds after which new points are selected before the head turns, because points on skin are soon lost."""
_NOT_YET = 0.07
"""Smaller turns are ignored."""
_KEPT = 0.5
"""Fraction of points that must remain before new ones are selected, to ensure that it is the same face."""
_TOO_FAR = 0.45
"""A turn of about 45 degrees, at which the face can hardly be detected."""
_BACK = 0.10
"""Maximum difference from the start of the turn at which the head counts as turned back."""
_UNSEEN = 20
"""Number of frames of the turned face with too few points to measure, after which another turn is requested."""


class Phase(StrEnum):
    AHEAD = "ahead"
    """The patient looks ahead, frames are collected, and the next turn has not been requested yet."""
    TURNING = "turning"
    """From the request for the turn until the face that turned has been recognised looking ahead again."""
    BACK = "back"
    """The last turn is completed."""


class TurnChallenge:
    """Challenge of one attempt. It must be given every frame from `begin` to `settle`, and restarts if they do not show
    the same face throughout.

    The caller must ensure that the frames of `begin` and `settle` show the person whose frames are collected.
    """

    def __init__(self, demands: Demands, chance: random.Random | None = None) -> None:
        """`chance`: random generator; by default that of the system, which is unpredictable."""
        self._demands = demands
        self._chance = chance or secrets.SystemRandom()
        self._face: FollowedFace | None = None
        self._ask_at: float | None = None
        self._leads: list[float] = []
        self._unseen = self._wrong_way = 0
        self._mistakes = demands.mistakes
        self._was_flat = False
        self.phase = Phase.AHEAD
        self._start()

    def begin_again(self) -> PhotoSign | None:
        """Start over, because it may be another person. Return a sign of a photograph if this happens too often."""
        asked = self.phase is not Phase.AHEAD or self._left < self._demands.turns
        self._start()
        return self._mistake(PhotoSign.CHANGED) if asked else None

    def _start(self) -> None:
        self._left = self._demands.turns
        self._last_side = 0
        self._neutral: float | None = None
        self._ahead_again()

    @property
    def just_turned(self) -> bool:
        """Whether the turn was completed in the last frame passed to `turned`."""
        return self._just_turned

    @property
    def passed(self) -> bool:
        return self.phase is Phase.BACK

    def is_ahead(self, points: Points) -> bool:
        """Return whether the head is where the first turn began. Before that, any face looking ahead is accepted."""
        return self._neutral is None or abs(turn(points) - self._neutral) <= _BACK

    def is_time(self, now: float) -> bool:
        """Return whether to request the turn now. Call it for every good frame once enough are collected."""
        if self.phase is not Phase.AHEAD:
            return False
        if self._ask_at is None:
            self._ask_at = now + self._chance.uniform(*self._demands.moment)
        return now >= self._ask_at

    def begin(self, grey: Image, points: Points, now: float) -> Guidance:
        """Request the turn and return the instruction."""
        self.phase = Phase.TURNING
        self._side = -self._last_side or self._chance.choice((1, -1))
        self._until = now + self._demands.seconds
        self._from = turn(points)
        if self._neutral is None:
            self._neutral = self._from
        self._follow(grey, points, now)
        return SIDES[self._side]

    def turned(self, grey: Image, points: Points | None, now: float) -> Guidance | PhotoSign | None:
        """Handle a frame after `begin`. `points` is None if no face was found in it.

        Return None if the head has turned and is back, with the same face throughout. Then call `settle`.
        """
        assert self._face is not None
        self._just_turned = False
        self._face.follow(grey)
        if self._face.torn:  # another picture took its place
            return self._once_more(PhotoSign.CHANGED)
        if self._done:
            if points is not None and self.is_ahead(points):
                return None
            return Guidance.LOOK_AHEAD if now <= self._until else self._once_more(PhotoSign.NOT_TURNED)
        if points is None:
            self._lost_at_side = self._far > self._demands.enough
        else:
            self._lost_at_side = False
            self._look(points)
            waits = abs(turn(points) - self._from) < _NOT_YET and now - self._followed_since > _FRESH
            if waits and self._face.fraction_on_face(points) > _KEPT:
                self._follow(grey, points, now)
        return self._judged(now)

    def settle(self) -> None:
        """Complete the turn, after the face that turned has been recognised looking ahead."""
        self._left -= 1
        self._last_side = self._side
        self._ahead_again()
        if not self._left:
            self.phase = Phase.BACK

    def wipe(self) -> None:
        self._drop_face()

    def _judged(self, now: float) -> Guidance | PhotoSign:
        if len(self._leads) >= self._demands.looks and self._stands_out():
            self._done = self._just_turned = True
            self._until = now + self._demands.seconds
            return Guidance.LOOK_AHEAD
        if self._wrong_way >= self._demands.looks:
            return self._once_more(PhotoSign.WRONG_WAY)
        if now > self._until:
            return self._looked_flat() if len(self._leads) >= self._demands.looks else PhotoSign.NOT_TURNED
        if self._unseen > _UNSEEN:
            return self._once_more(PhotoSign.NOT_TURNED)
        return Guidance.TURNED_TOO_FAR if self._lost_at_side or self._far > _TOO_FAR else SIDES[self._side]

    def _look(self, points: Points) -> None:
        self._far = far = (turn(points) - self._from) * self._side
        if far <= -self._demands.enough:
            self._wrong_way += 1
        elif far > -_NOT_YET:
            self._wrong_way = 0
        if far < self._demands.enough:
            return
        assert self._face is not None
        lead = self._face.lead(points)
        if lead is None:
            self._unseen += 1
        else:
            self._leads.append(lead.counted(self._side, far))

    def _stands_out(self) -> bool:
        return float(np.median(self._leads[-self._demands.looks :])) >= self._demands.stands_out

    def _looked_flat(self) -> Guidance | PhotoSign:
        """Allow this once per attempt, because a flat nose or badly selected points may also look flat."""
        if self._was_flat:
            return PhotoSign.FLAT
        self._was_flat = True
        return self._once_more(PhotoSign.FLAT)

    def _once_more(self, sign: PhotoSign) -> Guidance | PhotoSign:
        self._start()
        return self._mistake(sign) or Guidance.ONCE_MORE

    def _mistake(self, sign: PhotoSign) -> PhotoSign | None:
        self._mistakes -= 1
        return sign if self._mistakes < 0 else None

    def _ahead_again(self) -> None:
        self.phase = Phase.AHEAD
        self._drop_face()
        self._ask_at = None
        self._leads = []
        self._wrong_way = self._unseen = 0
        self._far, self._lost_at_side = 0.0, False
        self._done = self._just_turned = False

    def _follow(self, grey: Image, points: Points, now: float) -> None:
        self._drop_face()
        self._face, self._followed_since = FollowedFace(grey, points), now

    def _drop_face(self) -> None:
        if self._face is not None:
            self._face.forget()
        self._face = None
