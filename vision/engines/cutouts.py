"""Variants of the crop of a face in a card's photo: slightly lower, higher and rotated, half of them mirrored.

The mean of their encodings depends less on the exact crop and on the direction of light.
"""

from collections.abc import Iterator

import numpy as np

from vision.face import Face, FaceAxes, FaceBox, Points
from vision.frame import Image

_VARIANTS = (
    (0.0, 0.0, False),
    (0.0, 0.0, True),
    (0.057, 0.0, False),
    (-0.057, 0.0, True),
    (0.0, 4.0, False),
    (0.0, -4.0, True),
)
"""Downward shift of the points in eye distances, rotation in degrees, and whether picture and points are mirrored.
Selected with half of the people (docs/accuracy.md)."""
_MIDDLE = 0.12
"""Distance of the crop's centre below the midpoint between the eyes, in eye distances."""
_MIRRORED = (1, 0, 2, 4, 3)
"""Order of `vision.face.Points` in a mirrored picture."""


def cut_outs(grey: Image, face: Face) -> Iterator[tuple[Image, Face]]:
    """Yield picture and face of each variant. Overwrites the mirrored picture at the end."""
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    try:
        for down, degrees, is_mirrored in _VARIANTS:
            moved = Face(face.box, _moved(face.points, down, degrees))
            yield (mirrored, _mirror_image(moved, grey.shape[1])) if is_mirrored else (grey, moved)
    finally:
        mirrored.fill(0)


def _moved(points: Points, down: float, degrees: float) -> Points:
    axes = FaceAxes(points)
    middle = axes.place(0.0, _MIDDLE)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((points - middle) @ turn.T + axes.place(0.0, _MIDDLE + down), np.float64)


def _mirror_image(face: Face, width: int) -> Face:
    points = face.points[list(_MIRRORED)]
    points[:, 0] = width - 1 - points[:, 0]
    box = face.box
    return Face(FaceBox(width - box.right, box.top, width - box.left, box.bottom), points)
