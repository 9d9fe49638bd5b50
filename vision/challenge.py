"""The anti-photo check: look ahead, turn the head to the side asked for at a moment that is not foreseen, and back.

It tells a printed photograph from a face, and no more: a film of the turning patient passes if it happens to turn the
right way. Not certified presentation attack detection.
"""

import random
import secrets
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from config.settings import AntiPhoto
from vision.engine import Points
from vision.frame import Image
from vision.guidance import turn
from vision.relief import FollowedFace
from vision.verdict import Guidance, PhotoSign

SIDES = {1: Guidance.TURN_LEFT, -1: Guidance.TURN_RIGHT}
"""By the sign of the turn in the picture: to the picture's right is to the patient's left."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a policy asks for. `vision.challenge`'s figures are in docs/accuracy.md."""

    turns: int
    mistakes: int
    """Turns to the wrong side that are forgiven; each is followed by a side drawn anew."""
    enough: float = 0.13
    """How far to turn, as `vision.guidance.turn` measures: some 15 to 20 degrees."""
    stands_out: float = 0.022
    """The least lead of the nose, in distances between the eyes; the median of the last `looks`."""
    looks: int = 5
    """Frames of the turned face."""
    moment: tuple[float, float] = (0.3, 1.0)
    """Seconds of looking ahead before the turn is asked for."""
    seconds: float = 6.0
    """For one turn. Who has not turned far enough for the nose to stand out turns further."""


DEMANDS = {AntiPhoto.STANDARD: Demands(turns=1, mistakes=1), AntiPhoto.STRICT: Demands(turns=2, mistakes=0)}


_FRESH = 0.6
"""Seconds after which points are picked anew while the head has not turned yet: they do not last long on skin."""
_NOT_YET = 0.05
"""A turn smaller than this is none."""
_KEPT = 0.5
"""The share of the points that must have stayed for new ones to be of the same face."""


class Phase(StrEnum):
    AHEAD = "ahead"
    """Looking ahead; frames are collected, and the next turn has not been asked for."""
    TURNING = "turning"
    BACK = "back"
    """The last turn is done; looking ahead again."""


class Challenge:
    """One attempt's. Every frame is shown to it; it says what to tell the patient."""

    def __init__(self, demands: Demands, chance: random.Random | None = None) -> None:
        """`chance`: by default the system's own, which nobody foretells."""
        self._demands = demands
        self._chance = chance or secrets.SystemRandom()
        self._face: FollowedFace | None = None
        self.begin_again()

    def begin_again(self) -> None:
        """Somebody else may stand there: nothing of what was done counts."""
        self.phase = Phase.AHEAD
        self._left = self._demands.turns
        self._mistakes = self._demands.mistakes
        self._ask_at: float | None = None
        self._drop()

    def _drop_face(self) -> None:
        if self._face is not None:
            self._face.forget()
        self._face = None

    def _drop(self) -> None:
        self._drop_face()
        self._leads: list[float] = []
        self._wrong_way = 0

    @property
    def passed(self) -> bool:
        return self.phase is Phase.BACK

    def ahead(self, grey: Image, points: Points, now: float) -> None:
        """A good frame, in which the face looks ahead."""
        if self.phase is not Phase.AHEAD:
            return
        if self._ask_at is None:
            self._ask_at = now + self._chance.uniform(*self._demands.moment)
        if now >= self._ask_at:
            self._ask_at = None
            self.phase = Phase.TURNING
            self._side = self._chance.choice((1, -1))
            self._until = now + self._demands.seconds
            self._from = turn(points)
            self._follow(grey, points, now)

    def turned(self, grey: Image, points: Points | None, now: float) -> Guidance | PhotoSign:
        """Any frame while a turn is asked for; `points` is None where no face was found in it."""
        assert self._face is not None
        self._face.follow(grey)
        if points is not None:
            self._look(points)
            waits = abs(turn(points) - self._from) < _NOT_YET and now - self._followed_since > _FRESH
            if waits and self._face.kept > _KEPT:
                self._follow(grey, points, now)
        if len(self._leads) >= self._demands.looks and self._stands_out():
            return self._turn_done()
        if self._wrong_way >= self._demands.looks:
            if not self._mistakes:
                return PhotoSign.WRONG_WAY
            self._mistakes -= 1
            self._again()
            return Guidance.LOOK_AHEAD
        if now > self._until:
            return PhotoSign.FLAT if len(self._leads) >= self._demands.looks else PhotoSign.NOT_TURNED
        return SIDES[self._side]

    def _follow(self, grey: Image, points: Points, now: float) -> None:
        self._drop_face()
        self._face, self._followed_since = FollowedFace(grey, points), now

    def _look(self, points: Points) -> None:
        far = (turn(points) - self._from) * self._side
        if far <= -self._demands.enough:
            self._wrong_way += 1
        if far < self._demands.enough:
            return
        assert self._face is not None
        lead = self._face.lead(points)
        if lead is not None:
            self._leads.append(lead.towards(self._side))

    def _stands_out(self) -> bool:
        return float(np.median(self._leads[-self._demands.looks :])) >= self._demands.stands_out

    def _turn_done(self) -> Guidance:
        self._left -= 1
        self._again()
        if not self._left:
            self.phase = Phase.BACK
        return Guidance.LOOK_AHEAD

    def _again(self) -> None:
        self.phase = Phase.AHEAD
        self._drop()

    def wipe(self) -> None:
        self._drop()
