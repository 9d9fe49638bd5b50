"""Guidance for the person in front of the camera: the most useful instruction for a frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.face import Face, FaceAxes, FaceBox, Landmarks
from vision.frame import Image
from vision.verdict import Guidance

_NOSE_TO_TURN = 1.5
"""Ratio of the sine of the yaw to the nose offset in eye distances, fitted to 311 frames of real heads."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for a good frame: sizes as fractions of its height and width, brightness from 0 to 255."""

    min_height: float = 0.22
    max_height: float = 0.75
    max_offset: float = 0.22
    min_brightness: float = 45.0
    max_backlight: float = 3.0
    """Maximum brightness of the surroundings relative to a dim face."""
    dim_face: float = 65.0
    max_turn: float = 0.30
    """See `turn`."""
    min_eye_brightness: float = 0.6
    """See `eye_brightness`. Dark glasses and hair are below this limit, all measured uncovered faces above."""
    min_sharpness: float = 2.8
    """See `sharpness`."""

    def loosened(self) -> "Limits":
        """Return wider limits for use after a good frame, which prevent small movements from changing the guidance."""
        return Limits(
            self.min_height * 0.9,
            self.max_height * 1.08,
            self.max_offset * 1.2,
            self.min_brightness * 0.9,
            self.max_backlight * 1.2,
            self.dim_face * 0.9,
            self.max_turn * 1.15,
            self.min_eye_brightness * 0.9,
            self.min_sharpness * 0.8,
        )


def guide(grey: Image, faces: Sequence[Face], limits: Limits = Limits()) -> Guidance | None:
    """Return the guidance, or None if the frame is good. `grey` has shape (height, width)."""
    height, width = grey.shape
    if not faces:
        return Guidance.TOO_DARK if float(grey.mean()) < limits.min_brightness else Guidance.NO_FACE
    if len(faces) > 1:
        return Guidance.TWO_FACES
    box = faces[0].box
    if box.height < limits.min_height * height:
        return Guidance.TOO_FAR
    if box.height > limits.max_height * height:
        return Guidance.TOO_NEAR
    if abs((box.left + box.right) / 2 - width / 2) > limits.max_offset * width:
        return Guidance.OFF_CENTRE
    return _check_light(grey, box, limits) or _check_face(grey, faces[0], limits)


def _check_light(grey: Image, box: FaceBox, limits: Limits) -> Guidance | None:
    face = grey[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    brightness = float(face.mean())
    around = (float(grey.sum()) - float(face.sum())) / max(grey.size - face.size, 1)
    if brightness < limits.dim_face and around > limits.max_backlight * brightness:
        return Guidance.BACKLIT
    return Guidance.TOO_DARK if brightness < limits.min_brightness else None


def _check_face(grey: Image, face: Face, limits: Limits) -> Guidance | None:
    if abs(turn(face.landmarks)) > limits.max_turn:
        return Guidance.TURNED_AWAY
    if eye_brightness(grey, face.landmarks) < limits.min_eye_brightness:
        return Guidance.EYES_COVERED
    return Guidance.BLURRED if sharpness(grey, face.box) < limits.min_sharpness else None


def turn(landmarks: Landmarks) -> float:
    """Return the approximate sine of the head's yaw, positive towards the right side of the image.

    Derived from the horizontal offset of the nose tip from the midpoint between the eyes, which is smaller in a turned
    photograph.
    """
    axes = FaceAxes(landmarks)
    return _NOSE_TO_TURN * float(axes.to_face(axes.nose)[0])


def eye_brightness(grey: Image, landmarks: Landmarks) -> float:
    """Return the brightness (90th percentile) around the better visible eye relative to the cheek; 1 without eyes."""
    axes = FaceAxes(landmarks)
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
    """Return the standard deviation of the Laplacian of the face at 96 pixels, in levels of 255.

    The face is smoothed first, so that sensor noise does not increase the value.
    """
    import cv2

    face = grey[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    side = 96
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if box.width > side else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.CV_64F).std())


_IMMEDIATE = {Guidance.HOLD_STILL, Guidance.TURN_LEFT, Guidance.TURN_RIGHT, Guidance.LOOK_AHEAD, Guidance.ONCE_MORE}


class SteadyGuidance:
    """Stabilised guidance: an instruction remains until a different one has been due for some time."""

    def __init__(self, delay: float = 0.4) -> None:
        """`delay`: seconds for which a different instruction must be due before it is shown."""
        self.shown: Guidance | None = None
        self._delay = delay
        self._other: Guidance | None = None
        self._since = 0.0

    def update(self, current: Guidance, now: float) -> Guidance:
        """Return the guidance to show for the current one. Instructions in `_IMMEDIATE` are shown without delay."""
        if self.shown is None or current == self.shown or current in _IMMEDIATE:
            self.shown, self._other = current, None
        elif current != self._other:
            self._other, self._since = current, now
        elif now - self._since >= self._delay:
            self.shown, self._other = current, None
        return self.shown
