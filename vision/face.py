"""A face in a picture: its box, five points and axes, and the encoding that distinguishes it from others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Encoding = NDArray[np.float64]
"""(n,); as many values as the network gives. The angle between two shows how unlike the faces are."""

Points = NDArray[np.float64]
"""(5, 2) in pixels: the person's right eye, left eye, tip of the nose, right and left corner of the mouth. The right
eye is on the picture's left."""

_SQUARE, _LOWER = 0.94, 0.05
"""Side of dlib's square and how far it lies below YuNet's box, in mean sides of that box: medians over 279 faces."""


def unit(encodings: NDArray[np.floating]) -> Encoding:
    """Scale each row to length one."""
    lengths = np.linalg.norm(encodings, axis=-1, keepdims=True)
    return np.asarray(encodings / np.maximum(lengths, np.finfo(np.float32).tiny), np.float64)


def distance(one: Encoding, other: Encoding) -> float:
    """Euclidean distance between the directions of two encodings: 0 the same, 2 opposite."""
    return float(np.linalg.norm(unit(one) - unit(other)))


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Pixels; right and bottom exclusive."""

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
        """The square that other detectors draw around the same face; may leave the picture."""
        mean = float(np.sqrt(self.width * self.height))
        half = _SQUARE * mean / 2
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2 + _LOWER * mean
        return FaceBox(round(x - half), round(y - half), round(x + half), round(y + half))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What the detector sees of one face."""

    box: FaceBox
    points: Points


class FaceAxes:
    """A face's own coordinates: origin in the middle between the eyes, unit the distance between them."""

    def __init__(self, points: Points) -> None:
        right, left, tip = points[0], points[1], points[2]
        self.eyes = (left, right)
        """(x, y) of each; the first is on the picture's right."""
        self.distance = max(float(np.hypot(*(left - right))), 1.0)
        """Pixels between the eyes."""
        self.middle = (left + right) / 2
        self.across = (left - right) / self.distance
        """Unit vector from eye to eye, towards the picture's right."""
        self.down = np.array([-self.across[1], self.across[0]])
        self.nose = tip

    def place(self, x: float, y: float) -> NDArray[np.float64]:
        """(2,) in pixels, of a place given in the face's own coordinates."""
        return np.asarray(self.middle + self.distance * (x * self.across + y * self.down), np.float64)

    def normal(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 2) in the face's own coordinates, of places in pixels."""
        away = places - self.middle
        return np.stack([away @ self.across, away @ self.down], axis=-1) / self.distance
