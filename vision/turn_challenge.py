"""The anti-photo check: look ahead, turn the head to the side asked for at an unpredictable moment, and back.

It only tells a printed photograph from a face: a film of the turning patient passes if it happens to turn the
right way. Not certified presentation attack detection.
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
"""By the sign of the turn in the picture: to the picture's right is to the patient's left."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a policy asks for. `vision.turn_challenge`'s figures are in docs/accuracy.md."""

    turns: int
    """To a side drawn by chance; a second one to the other side."""
    mistakes: int
    """Mistakes allowed: turning to the wrong side, going away, a torn picture. After each a new side is drawn."""
    enough: float = 0.13
    """How far to turn, as `vision.guidance.turn` measures: some 15 to 20 degrees."""
    stands_out: float = 0.022
    """The least lead of the nose, in distances between the eyes; the median of the last `looks`."""
    looks: int = 5
    """Frames of the turned face."""
    moment: tuple[float, float] = (0.3, 1.0)
    """Seconds of looking ahead before the turn is asked for."""
    seconds: float = 6.0
    """For one turn. Patients who have not turned far enough for the nose to stand out turn further."""


DEMANDS = {AntiPhoto.STANDARD: Demands(turns=1, mistakes=2), AntiPhoto.STRICT: Demands(turns=2, mistakes=1)}


_FRESH = 0.6
"""Seconds after which new points are picked while the head has not turned yet: they do not last long on skin."""
_NOT_YET = 0.07
"""A smaller turn does not count."""
_KEPT = 0.5
"""The share of points that must remain for new ones to belong to the same face."""
_TOO_FAR = 0.45
"""A turn of about 45 degrees, from which the face is hardly seen."""
_BACK = 0.10
"""Within this distance of where the turn began, the head is back."""
_UNSEEN = 20
"""Frames of the turned face without enough points left to measure it, after which it is asked to turn once more."""


class Phase(StrEnum):
    AHEAD = "ahead"
    """Looking ahead; frames are collected, and the next turn has not been asked for."""
    TURNING = "turning"
    """From the moment the turn is asked for until the face that turned has been recognised at the front again."""
    BACK = "back"
    """The last turn is done."""


class TurnChallenge:
    """The challenge of one attempt. It sees each frame from `begin` to `settle`: one face throughout, else it restarts.

    The caller makes sure that the frames of `begin` and `settle` show the person whose frames are collected.
    """

    def __init__(self, demands: Demands, chance: random.Random | None = None) -> None:
        """`chance`: by default the system's own, which is unpredictable."""
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
        """Start over, as another person may be there: nothing done so far counts. Too often in an attempt is a sign."""
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
        """Whether the turn was done in the last frame shown to `turned`."""
        return self._just_turned

    @property
    def passed(self) -> bool:
        return self.phase is Phase.BACK

    def is_ahead(self, points: Points) -> bool:
        """Return whether the head is where the first turn began; before that, any face that looks ahead is accepted."""
        return self._neutral is None or abs(turn(points) - self._neutral) <= _BACK

    def is_time(self, now: float) -> bool:
        """Asked at every good frame in which nothing is left to collect: true when the turn shall be asked for."""
        if self.phase is not Phase.AHEAD:
            return False
        if self._ask_at is None:
            self._ask_at = now + self._chance.uniform(*self._demands.moment)
        return now >= self._ask_at

    def begin(self, grey: Image, points: Points, now: float) -> Guidance:
        """Ask for the turn."""
        self.phase = Phase.TURNING
        self._side = -self._last_side or self._chance.choice((1, -1))
        self._until = now + self._demands.seconds
        self._from = turn(points)
        if self._neutral is None:
            self._neutral = self._from
        self._follow(grey, points, now)
        return SIDES[self._side]

    def turned(self, grey: Image, points: Points | None, now: float) -> Guidance | PhotoSign | None:
        """Handle any frame after `begin`; `points` is None if no face was found in it.

        None: the head has turned and is back, the same face all the way; `settle` ends it.
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
            if waits and self._face.kept_on(points) > _KEPT:
                self._follow(grey, points, now)
        return self._judged(now)

    def settle(self) -> None:
        """Note that the face that turned has been recognised at the front."""
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
        """Once in an attempt a shallow nose, or points badly picked, may look so."""
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
