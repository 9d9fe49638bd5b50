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
from vision.face import Landmarks
from vision.frame import Image
from vision.guidance import turn
from vision.nose_lead import TrackedFace
from vision.verdict import Guidance, PhotoSign

SIDES = {1: Guidance.TURN_LEFT, -1: Guidance.TURN_RIGHT}
"""Instruction by the sign of the turn in the image. The right side of the image is the patient's left."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """Requirements of a policy. For measured error rates, see docs/accuracy.md."""

    turns: int
    """Number of turns. The first is to a random side, the second to the opposite side."""
    allowed_mistakes: int
    """Allowed mistakes: a turn to the wrong side, an absence or a discontinuity. After each, a new side is chosen."""
    min_turn: float = 0.13
    """Minimum turn, as measured by `vision.guidance.turn`: about 15 to 20 degrees."""
    min_lead: float = 0.022
    """Minimum lead of the nose in eye distances, as the median of the last `turned_frames` frames."""
    turned_frames: int = 5
    """Number of frames in which the face must be turned."""
    request_delay: tuple[float, float] = (0.3, 1.0)
    """Range of the random delay in seconds before the turn is requested."""
    max_seconds: float = 6.0
    """Time limit for a turn. Patients can turn further until it expires."""


REQUIREMENTS = {
    AntiPhoto.STANDARD: Requirements(turns=1, allowed_mistakes=2),
    AntiPhoto.STRICT: Requirements(turns=2, allowed_mistakes=1),
}


_MAX_POINT_AGE = 0.6
"""Maximum age of the tracked points in seconds before the head turns, because points on skin are soon lost."""
_MIN_MOVEMENT = 0.07
"""Smaller turns are ignored."""
_MIN_RETAINED = 0.5
"""Minimum fraction of points still tracked when new points are selected, to ensure that it is the same face."""
_MAX_TURN = 0.45
"""Maximum turn, about 45 degrees, beyond which face detection is unreliable."""
_MAX_FROM_START = 0.10
"""Maximum difference from the start of the turn for the head to be considered turned back."""
_MAX_UNTRACKED = 20
"""Maximum number of frames with too few tracked points on the turned face. Then a new turn is requested."""


class Phase(StrEnum):
    AHEAD = "ahead"
    """The patient looks ahead, and frames are collected. No turn has been requested."""
    TURNING = "turning"
    """From the request for a turn until the same face looks ahead again."""
    PASSED = "passed"
    """The last turn is completed."""


class TurnChallenge:
    """Challenge of one attempt.

    Pass every frame from `begin` to `complete`. The challenge restarts unless all of them show the same face. The
    caller must ensure that the frames of `begin` and `complete` show the person whose frames are collected.
    """

    def __init__(self, requirements: Requirements, rng: random.Random | None = None) -> None:
        """`rng`: defaults to the system's generator, which is unpredictable."""
        self._requirements = requirements
        self._rng = rng or secrets.SystemRandom()
        self._face: TrackedFace | None = None
        self._request_at: float | None = None
        self._leads: list[float] = []
        self._untracked = self._wrong_way = 0
        self._mistakes = requirements.allowed_mistakes
        self._was_flat = False
        self.phase = Phase.AHEAD
        self._start()

    def restart(self) -> PhotoSign | None:
        """Start over, because the person may have changed. Returns a sign of a photograph if this happens too often."""
        requested = self.phase is not Phase.AHEAD or self._turns_left < self._requirements.turns
        self._start()
        return self._mistake(PhotoSign.CHANGED) if requested else None

    def _start(self) -> None:
        self._turns_left = self._requirements.turns
        self._last_side = 0
        self._ahead_turn: float | None = None
        self._reset_turn()

    @property
    def just_turned(self) -> bool:
        """Whether the last frame passed to `update` completed the turn."""
        return self._just_turned

    @property
    def passed(self) -> bool:
        return self.phase is Phase.PASSED

    def is_facing_forward(self, landmarks: Landmarks) -> bool:
        """Return whether the head is where it was at the start of the first turn; True if no turn has started."""
        return self._ahead_turn is None or abs(turn(landmarks) - self._ahead_turn) <= _MAX_FROM_START

    def is_due(self, now: float) -> bool:
        """Return whether to request the turn now. Call it for every good frame after enough are collected."""
        if self.phase is not Phase.AHEAD:
            return False
        if self._request_at is None:
            self._request_at = now + self._rng.uniform(*self._requirements.request_delay)
        return now >= self._request_at

    def begin(self, grey: Image, landmarks: Landmarks, now: float) -> Guidance:
        """Request the turn and return the instruction."""
        self.phase = Phase.TURNING
        self._side = -self._last_side or self._rng.choice((1, -1))
        self._deadline = now + self._requirements.max_seconds
        self._start_turn = turn(landmarks)
        if self._ahead_turn is None:
            self._ahead_turn = self._start_turn
        self._track(grey, landmarks, now)
        return SIDES[self._side]

    def update(self, grey: Image, landmarks: Landmarks | None, now: float) -> Guidance | PhotoSign | None:
        """Handle a frame after `begin`. `landmarks`: None if no face was detected.

        Returns None when the same head has turned and turned back. Then call `complete`.
        """
        assert self._face is not None
        self._just_turned = False
        self._face.track(grey)
        if self._face.interrupted:  # the image was replaced
            return self._request_again(PhotoSign.CHANGED)
        if self._turned:
            if landmarks is not None and self.is_facing_forward(landmarks):
                return None
            return Guidance.LOOK_AHEAD if now <= self._deadline else self._request_again(PhotoSign.NOT_TURNED)
        if landmarks is None:
            self._lost_at_side = self._angle > self._requirements.min_turn
        else:
            self._lost_at_side = False
            self._measure(landmarks)
            is_still = abs(turn(landmarks) - self._start_turn) < _MIN_MOVEMENT
            if (
                is_still
                and now - self._tracked_since > _MAX_POINT_AGE
                and self._face.fraction_on_face(landmarks) > _MIN_RETAINED
            ):
                self._track(grey, landmarks, now)
        return self._evaluate(now)

    def complete(self) -> None:
        """Complete the turn, after the caller has recognised the face looking ahead."""
        self._turns_left -= 1
        self._last_side = self._side
        self._reset_turn()
        if not self._turns_left:
            self.phase = Phase.PASSED

    def wipe(self) -> None:
        self._drop_face()

    def _evaluate(self, now: float) -> Guidance | PhotoSign:
        if len(self._leads) >= self._requirements.turned_frames and self._nose_leads():
            self._turned = self._just_turned = True
            self._deadline = now + self._requirements.max_seconds
            return Guidance.LOOK_AHEAD
        if self._wrong_way >= self._requirements.turned_frames:
            return self._request_again(PhotoSign.WRONG_WAY)
        if now > self._deadline:
            return self._handle_flat() if len(self._leads) >= self._requirements.turned_frames else PhotoSign.NOT_TURNED
        if self._untracked > _MAX_UNTRACKED:
            return self._request_again(PhotoSign.NOT_TURNED)
        return Guidance.TURNED_TOO_FAR if self._lost_at_side or self._angle > _MAX_TURN else SIDES[self._side]

    def _measure(self, landmarks: Landmarks) -> None:
        self._angle = angle = (turn(landmarks) - self._start_turn) * self._side
        if angle <= -self._requirements.min_turn:
            self._wrong_way += 1
        elif angle > -_MIN_MOVEMENT:
            self._wrong_way = 0
        if angle < self._requirements.min_turn:
            return
        assert self._face is not None
        lead = self._face.lead(landmarks)
        if lead is None:
            self._untracked += 1
        else:
            self._leads.append(lead.counted(self._side, angle))

    def _nose_leads(self) -> bool:
        return float(np.median(self._leads[-self._requirements.turned_frames :])) >= self._requirements.min_lead

    def _handle_flat(self) -> Guidance | PhotoSign:
        """Request a second turn the first time, because flat noses and poorly tracked points may also look flat."""
        if self._was_flat:
            return PhotoSign.FLAT
        self._was_flat = True
        return self._request_again(PhotoSign.FLAT)

    def _request_again(self, sign: PhotoSign) -> Guidance | PhotoSign:
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
        self._wrong_way = self._untracked = 0
        self._angle, self._lost_at_side = 0.0, False
        self._turned = self._just_turned = False

    def _track(self, grey: Image, landmarks: Landmarks, now: float) -> None:
        self._drop_face()
        self._face, self._tracked_since = TrackedFace(grey, landmarks), now

    def _drop_face(self) -> None:
        if self._face is not None:
            self._face.forget()
        self._face = None
