"""Guidance and verdicts of the face check as values, without pixels or encodings."""

from enum import StrEnum

from msgspec import Struct


class Guidance(StrEnum):
    """Instruction for the patient."""

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
    """The camera lost the face during a requested turn."""
    LOOK_AHEAD = "look-ahead"
    """Look ahead again after a turn."""
    ONCE_MORE = "once-more"
    """Look ahead: the turn was not accepted and will be requested again."""


class FaceCheckProgress(Struct, frozen=True):
    """Progress of a running face check."""

    guidance: Guidance
    frames: int
    frames_needed: int


class FaceMatch(Struct, frozen=True):
    distance: float
    """Distance between reference and mean live encoding (`vision.face.distance`), for staff and log only."""
    frames: int
    milliseconds: int


class FaceNotMatched(Struct, frozen=True):
    distance: float
    frames: int
    milliseconds: int


class FaceNotSeen(Struct, frozen=True):
    """Too few good frames were collected within the time limit."""

    last_guidance: Guidance
    frames: int


class PhotoSign(StrEnum):
    """Reason why the anti-photo check failed."""

    NOT_TURNED = "not-turned"
    WRONG_WAY = "wrong-way"
    FLAT = "flat"
    """The face moved as one surface while it turned."""
    PRINTED = "printed"
    """Anti-spoofing networks detected a photograph twice."""
    CHANGED = "changed"
    """A different image or person replaced the face too often."""


class PhotoSuspected(Struct, frozen=True):
    """The anti-photo check failed. Not certified presentation attack detection."""

    sign: PhotoSign


class CameraLost(Struct, frozen=True):
    """The camera is lost. `source`: name of the source and reason."""

    source: str


class FaceCheckStopped(Struct, frozen=True):
    """The check was stopped because the patient chose another method or removed the card."""


FaceVerdict = FaceMatch | FaceNotMatched | FaceNotSeen | PhotoSuspected | CameraLost | FaceCheckStopped


class ReferenceProblem(StrEnum):
    """Why the card's photo cannot be used as a reference."""

    UNREADABLE = "unreadable"
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
