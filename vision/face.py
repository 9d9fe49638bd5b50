"""Faces in images: box, five landmarks, axes, and encodings for comparing them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Encoding = NDArray[np.float64]
"""(n,) values, where n depends on the network. Encodings are compared by the angle between them."""

Landmarks = NDArray[np.float64]
"""(5, 2) in pixels: right eye, left eye, nose tip, right and left mouth corner, from the person's point of view."""

_SQUARE, _LOWER = 0.94, 0.05
"""Side of dlib's square and its downward offset from YuNet's box, relative to the mean side of this box: medians of 279
faces."""


def unit(encodings: NDArray[np.floating]) -> Encoding:
    """Scale each row to length one."""
    lengths = np.linalg.norm(encodings, axis=-1, keepdims=True)
    return np.asarray(encodings / np.maximum(lengths, np.finfo(np.float32).tiny), np.float64)


def distance(first: Encoding, second: Encoding) -> float:
    """Return the Euclidean distance between the normalised encodings, from 0 (same) to 2 (opposite)."""
    return float(np.linalg.norm(unit(first) - unit(second)))


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Box in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def square(self) -> "FaceBox":
        """Return the square box that dlib's detector would return for the face. May extend beyond the image."""
        mean = float(np.sqrt(self.width * self.height))
        half = _SQUARE * mean / 2
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2 + _LOWER * mean
        return FaceBox(round(x - half), round(y - half), round(x + half), round(y + half))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Detected face."""

    box: FaceBox
    landmarks: Landmarks


class FaceAxes:
    """Coordinate system of a face, with the origin midway between the eyes and the eye distance as the unit."""

    def __init__(self, landmarks: Landmarks) -> None:
        right, left, tip = landmarks[0], landmarks[1], landmarks[2]
        self.eyes = (left, right)
        """(x, y) of the left and right eye. The left eye is on the right side of the image."""
        self.distance = max(float(np.hypot(*(left - right))), 1.0)
        """Eye distance in pixels."""
        self.middle = (left + right) / 2
        self.across = (left - right) / self.distance
        """Unit vector from eye to eye, towards the right side of the image."""
        self.down = np.array([-self.across[1], self.across[0]])
        self.nose = tip

    def to_pixels(self, x: float, y: float) -> NDArray[np.float64]:
        """Convert face coordinates to pixels (2,)."""
        return np.asarray(self.middle + self.distance * (x * self.across + y * self.down), np.float64)

    def to_face(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Convert pixels to face coordinates (n, 2)."""
        offset = pixels - self.middle
        return np.stack([offset @ self.across, offset @ self.down], axis=-1) / self.distance
