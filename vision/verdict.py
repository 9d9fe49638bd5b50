"""What the face room reports to the others: guidance and verdicts, as values. No pixels, no encodings."""

from dataclasses import dataclass
from enum import StrEnum


class Guidance(StrEnum):
    """One instruction at a time, the most useful first."""

    NO_FACE = "no-face"
    TWO_FACES = "two-faces"
    TOO_FAR = "too-far"
    TOO_NEAR = "too-near"
    OFF_CENTRE = "off-centre"
    TOO_DARK = "too-dark"
    BACKLIT = "backlit"
    EYES_COVERED = "eyes-covered"
    TURNED_AWAY = "turned-away"
    BLURRED = "blurred"
    HOLD_STILL = "hold-still"
    TURN_LEFT = "turn-left"
    """The patient's left."""
    TURN_RIGHT = "turn-right"
    TURNED_TOO_FAR = "turned-too-far"
    """During a turn that was asked for: the camera loses the face."""
    LOOK_AHEAD = "look-ahead"
    """After a turn."""
    ONCE_MORE = "once-more"
    """Look ahead: the turn did not count, and will be asked for again."""


@dataclass(frozen=True, slots=True)
class FaceCheckProgress:
    """Where a running face check stands."""

    guidance: Guidance
    frames: int
    frames_needed: int


@dataclass(frozen=True, slots=True)
class FaceMatch:
    distance: float
    """See `vision.face.distance`, between the reference and the mean live encoding; staff and log only."""
    frames: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class FaceNotMatched:
    distance: float
    frames: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class FaceNotSeen:
    """Not enough good frames before the time was up."""

    last_guidance: Guidance
    frames: int


class PhotoSign(StrEnum):
    """What the anti-photo check missed."""

    NOT_TURNED = "not-turned"
    WRONG_WAY = "wrong-way"
    FLAT = "flat"
    """The face moved as one surface while it turned."""
    PRINTED = "printed"
    """An anti-spoofing network saw a photograph, twice."""
    CHANGED = "changed"
    """Another picture or person took the face's place, more than once."""


@dataclass(frozen=True, slots=True)
class PhotoSuspected:
    """The anti-photo check was not convinced. Not certified presentation attack detection."""

    sign: PhotoSign


@dataclass(frozen=True, slots=True)
class CameraLost:
    """No frame came for longer than the source allows."""

    source: str


@dataclass(frozen=True, slots=True)
class FaceCheckStopped:
    """It was asked to stop: the patient chose another way, or the card was pulled."""


FaceVerdict = FaceMatch | FaceNotMatched | FaceNotSeen | PhotoSuspected | CameraLost | FaceCheckStopped


class ReferenceProblem(StrEnum):
    """Why the card's photo cannot serve as a reference."""

    UNREADABLE = "unreadable"
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
