"""Anti-photo check: look ahead, turn the head to a requested side at an unpredictable time, and turn back.

It distinguishes printed photographs from faces, but a video in which the patient turns to the correct side passes. Not
certified presentation attack detection.
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
from vision.nose_lead import FollowedFace
from vision.verdict import Guidance, PhotoSign

SIDES = {1: Guidance.TURN_LEFT, -1: Guidance.TURN_RIGHT}
"""Instruction by the sign of the turn in the picture. The right side of the picture is the patient's left."""


@dataclass(frozen=True, slots=True)
class Demands:
    """Requirements of a policy. For measured error rates, see docs/accuracy.md."""

    turns: int
    """Number of turns. The first is to a random side, the second to the opposite side."""
    mistakes: int
    """Allowed mistakes: a turn to the wrong side, an absence or a discontinuity. After each, a new side is chosen."""
    enough: float = 0.13
    """Minimum turn, as measured by `vision.guidance.turn`: about 15 to 20 degrees."""
    stands_out: float = 0.022
    """Minimum lead of the nose in eye distances, as the median of the last `looks` frames."""
    looks: int = 5
    """Number of frames of the turned face."""
    moment: tuple[float, float] = (0.3, 1.0)
    """Range of the random delay in seconds before the turn is requested."""
    seconds: float = 6.0
    """Time limit for a turn. Until then, patients can turn further."""


DEMANDS = {AntiPhoto.STANDARD: Demands(turns=1, mistakes=2), AntiPhoto.STRICT: Demands(turns=2, mistakes=1)}


_FRESH = 0.6
"""Maximum age of the points in seconds before the head turns, because points on skin are soon lost."""
_NOT_YET = 0.07
"""Smaller turns are ignored."""
_KEPT = 0.5
"""Minimum fraction of points left when new points are selected, which ensures that it is the same face."""
_TOO_FAR = 0.45
"""Maximum turn, about 45 degrees, beyond which face detection is unreliable."""
_BACK = 0.10
"""Maximum difference from the start of the turn for the head to be considered turned back."""
_UNSEEN = 20
"""Number of frames with too few points on the turned face after which another turn is requested."""


class Phase(StrEnum):
    AHEAD = "ahead"
    """The patient looks ahead, and frames are collected. No turn has been requested."""
    TURNING = "turning"
    """From the request for a turn until the same face looks ahead again."""
    BACK = "back"
    """The last turn is completed."""


class TurnChallenge:
    """Challenge of one attempt.

    Pass every frame from `begin` to `settle`. The challenge restarts if they do not show the same face throughout. The
    caller must ensure that the frames of `begin` and `settle` show the person whose frames are collected.
    """

    def __init__(self, demands: Demands, chance: random.Random | None = None) -> None:
        """`chance`: random generator, by default the system's, which is unpredictable."""
        self._demands = demands
        self._chance = chance or secrets.SystemRandom()
        self._face: FollowedFace | None = None
        self._request_at: float | None = None
        self._leads: list[float] = []
        self._unseen = self._wrong_way = 0
        self._mistakes = demands.mistakes
        self._was_flat = False
        self.phase = Phase.AHEAD
        self._start()

    def restart(self) -> PhotoSign | None:
        """Start over, because the person may have changed. Returns a sign of a photograph if this happens too often."""
        requested = self.phase is not Phase.AHEAD or self._left < self._demands.turns
        self._start()
        return self._mistake(PhotoSign.CHANGED) if requested else None

    def _start(self) -> None:
        self._left = self._demands.turns
        self._last_side = 0
        self._neutral: float | None = None
        self._reset_turn()

    @property
    def just_turned(self) -> bool:
        """Whether the last frame passed to `turned` completed the turn."""
        return self._just_turned

    @property
    def passed(self) -> bool:
        return self.phase is Phase.BACK

    def is_ahead(self, points: Points) -> bool:
        """Return whether the head is in its position at the start of the first turn; always True before."""
        return self._neutral is None or abs(turn(points) - self._neutral) <= _BACK

    def is_time(self, now: float) -> bool:
        """Return whether to request the turn now. Call it for every good frame after enough are collected."""
        if self.phase is not Phase.AHEAD:
            return False
        if self._request_at is None:
            self._request_at = now + self._chance.uniform(*self._demands.moment)
        return now >= self._request_at

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
        """Handle a frame after `begin`. `points`: None if no face was detected.

        Returns None when the head has turned and is back, with the same face throughout. Call `settle` then.
        """
        assert self._face is not None
        self._just_turned = False
        self._face.follow(grey)
        if self._face.torn:  # the picture was replaced
            return self._once_more(PhotoSign.CHANGED)
        if self._done:
            if points is not None and self.is_ahead(points):
                return None
            return Guidance.LOOK_AHEAD if now <= self._until else self._once_more(PhotoSign.NOT_TURNED)
        if points is None:
            self._lost_at_side = self._angle > self._demands.enough
        else:
            self._lost_at_side = False
            self._measure(points)
            waits = abs(turn(points) - self._from) < _NOT_YET and now - self._followed_since > _FRESH
            if waits and self._face.fraction_on_face(points) > _KEPT:
                self._follow(grey, points, now)
        return self._judged(now)

    def settle(self) -> None:
        """Complete the turn, after the caller has recognised the face looking ahead."""
        self._left -= 1
        self._last_side = self._side
        self._reset_turn()
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
        return Guidance.TURNED_TOO_FAR if self._lost_at_side or self._angle > _TOO_FAR else SIDES[self._side]

    def _measure(self, points: Points) -> None:
        self._angle = angle = (turn(points) - self._from) * self._side
        if angle <= -self._demands.enough:
            self._wrong_way += 1
        elif angle > -_NOT_YET:
            self._wrong_way = 0
        if angle < self._demands.enough:
            return
        assert self._face is not None
        lead = self._face.lead(points)
        if lead is None:
            self._unseen += 1
        else:
            self._leads.append(lead.counted(self._side, angle))

    def _stands_out(self) -> bool:
        return float(np.median(self._leads[-self._demands.looks :])) >= self._demands.stands_out

    def _looked_flat(self) -> Guidance | PhotoSign:
        """Return another turn the first time, because flat noses and unsuitable points may also look flat."""
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

    def _reset_turn(self) -> None:
        self.phase = Phase.AHEAD
        self._drop_face()
        self._request_at = None
        self._leads = []
        self._wrong_way = self._unseen = 0
        self._angle, self._lost_at_side = 0.0, False
        self._done = self._just_turned = False

    def _follow(self, grey: Image, points: Points, now: float) -> None:
        self._drop_face()
        self._face, self._followed_since = FollowedFace(grey, points), now

    def _drop_face(self) -> None:
        if self._face is not None:
            self._face.forget()
        self._face = None
