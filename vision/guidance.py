"""What to tell the person in front of the camera: one instruction at a time, the most useful first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.face import Face, FaceAxes, FaceBox, Points
from vision.frame import Image
from vision.verdict import Guidance

_NOSE_TO_TURN = 1.5
"""Yaw per unit of the nose's offset in eye distances; fitted on 311 frames of real heads."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares of the frame's height and width; brightness from 0 to 255."""

    smallest: float = 0.22
    largest: float = 0.75
    off_centre: float = 0.22
    darkest: float = 45.0
    backlit: float = 3.0
    """How many times brighter than a dim face its surroundings may be."""
    dim: float = 65.0
    turned: float = 0.30
    """See `turn`."""
    covered: float = 0.6
    """See `eye_brightness`; below it are dark glasses and hair, above it every uncovered face that was measured."""
    sharpness: float = 2.8
    """See `sharpness`."""

    def loosened(self) -> "Limits":
        """For a person who stood well a moment ago: a small movement does not change the instruction."""
        return Limits(
            self.smallest * 0.9,
            self.largest * 1.08,
            self.off_centre * 1.2,
            self.darkest * 0.9,
            self.backlit * 1.2,
            self.dim * 0.9,
            self.turned * 1.15,
            self.covered * 0.9,
            self.sharpness * 0.8,
        )


def guide(grey: Image, faces: Sequence[Face], limits: Limits = Limits()) -> Guidance | None:
    """Return what to tell; None if the frame is good. `grey` is (height, width)."""
    height, width = grey.shape
    if not faces:
        return Guidance.TOO_DARK if float(grey.mean()) < limits.darkest else Guidance.NO_FACE
    if len(faces) > 1:
        return Guidance.TWO_FACES
    box = faces[0].box
    if box.height < limits.smallest * height:
        return Guidance.TOO_FAR
    if box.height > limits.largest * height:
        return Guidance.TOO_NEAR
    if abs((box.left + box.right) / 2 - width / 2) > limits.off_centre * width:
        return Guidance.OFF_CENTRE
    return _lit(grey, box, limits) or _looking(grey, faces[0], limits)


def _lit(grey: Image, box: FaceBox, limits: Limits) -> Guidance | None:
    face = grey[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    brightness = float(face.mean())
    around = (float(grey.sum()) - float(face.sum())) / max(grey.size - face.size, 1)
    if brightness < limits.dim and around > limits.backlit * brightness:
        return Guidance.BACKLIT
    return Guidance.TOO_DARK if brightness < limits.darkest else None


def _looking(grey: Image, face: Face, limits: Limits) -> Guidance | None:
    if abs(turn(face.points)) > limits.turned:
        return Guidance.TURNED_AWAY
    if eye_brightness(grey, face.points) < limits.covered:
        return Guidance.EYES_COVERED
    return Guidance.BLURRED if sharpness(grey, face.box) < limits.sharpness else None


def turn(points: Points) -> float:
    """About the sine of the head's turn; positive towards the picture's right.

    By how far the tip of the nose stands from the middle between the eyes. A turned photograph shows less of it.
    """
    axes = FaceAxes(points)
    return _NOSE_TO_TURN * float(axes.normal(axes.nose)[0])


def eye_brightness(grey: Image, points: Points) -> float:
    """The brightest tenth around the better seen eye, as a share of the cheek below it; 1 where neither is in sight."""
    axes = FaceAxes(points)
    distance = axes.distance
    shares = []
    for eye in axes.eyes:
        around = _patch(grey, eye, 0.26 * distance, 0.22 * distance)
        cheek = _patch(grey, eye + np.array([0, 0.55 * distance]), 0.22 * distance, 0.13 * distance)
        if around.size and cheek.size:
            shares.append(float(np.percentile(around, 90)) / max(float(cheek.mean()), 1.0))
    return max(shares, default=1.0)


def _patch(grey: Image, middle: NDArray[np.float64], across: float, along: float) -> Image:
    x, y = middle
    return grey[max(int(y - along), 0) : int(y + along) + 1, max(int(x - across), 0) : int(x + across) + 1]


def sharpness(grey: Image, box: FaceBox) -> float:
    """Standard deviation of the Laplacian of the face at 96 pixels' width, in levels of 255, a little smoothed before:
    a sensor's noise would count as sharp."""
    import cv2

    face = grey[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    side = 96
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if box.width > side else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.CV_64F).std())


_AT_ONCE = {Guidance.HOLD_STILL, Guidance.TURN_LEFT, Guidance.TURN_RIGHT, Guidance.LOOK_AHEAD, Guidance.ONCE_MORE}


class Steady:
    """What is shown, steadier than what is seen: an instruction stays until another one has lasted."""

    def __init__(self, lasts: float = 0.4) -> None:
        """`lasts`: seconds."""
        self.told: Guidance | None = None
        self._lasts = lasts
        self._other: Guidance | None = None
        self._since = 0.0

    def tell(self, seen: Guidance, now: float) -> Guidance:
        """`HOLD_STILL` is shown at once: a person who stands well, or is to turn their head, is not kept waiting."""
        if self.told is None or seen == self.told or seen in _AT_ONCE:
            self.told, self._other = seen, None
        elif seen != self._other:
            self._other, self._since = seen, now
        elif now - self._since >= self._lasts:
            self.told, self._other = seen, None
        return self.told
