"""Several ways to cut the same face out of a card's photo: a little lower, higher and turned, half of them mirrored.

What an encoding owes to the exact place of the cut-out and to the side that is lit differs between them, and the mean
has less of it.
"""

from collections.abc import Iterator

import numpy as np

from vision.face import Face, FaceAxes, FaceBox, Points
from vision.frame import Image

_WAYS = (
    (0.0, 0.0, False),
    (0.0, 0.0, True),
    (0.057, 0.0, False),
    (-0.057, 0.0, True),
    (0.0, 4.0, False),
    (0.0, -4.0, True),
)
"""How far down the face the points are moved, in distances between the eyes; degrees by which they are turned; whether
picture and points are mirrored. Chosen on half of the persons: docs/accuracy.md."""
_MIDDLE = 0.12
"""How far below the middle between the eyes the cut-out's middle is, in distances between them."""
_MIRRORED = (1, 0, 2, 4, 3)
"""The order of `vision.face.Points` in a mirror image."""


def cut_outs(grey: Image, face: Face) -> Iterator[tuple[Image, Face]]:
    """Picture and face for each way. The mirrored picture is overwritten at the end."""
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    try:
        for down, degrees, is_mirrored in _WAYS:
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
