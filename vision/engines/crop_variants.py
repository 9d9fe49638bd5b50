"""Variants of the face crop of a card's photo: slightly lower, higher and rotated, half of them mirrored.

The mean of their encodings depends less on the exact crop and on the light direction.
"""

from collections.abc import Iterator

import numpy as np

from vision.face import Face, FaceAxes, FaceBox, Landmarks
from vision.frame import Image

_VARIANTS = (
    (0.0, 0.0, False),
    (0.0, 0.0, True),
    (0.057, 0.0, False),
    (-0.057, 0.0, True),
    (0.0, 4.0, False),
    (0.0, -4.0, True),
)
"""Downward shift of the landmarks in eye distances, rotation in degrees, and whether image and landmarks are mirrored.
Selected with half of the people (docs/accuracy.md)."""
_CROP_OFFSET = 0.12
"""Distance of the crop's centre below the midpoint between the eyes, in eye distances."""
_MIRRORED = (1, 0, 2, 4, 3)
"""Order of `vision.face.Landmarks` in a mirrored image."""


def crop_variants(grey: Image, face: Face) -> Iterator[tuple[Image, Face]]:
    """Yield the image and face of each variant. Overwrites the mirrored image at the end."""
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    try:
        for down, degrees, is_mirrored in _VARIANTS:
            moved = Face(face.box, _moved(face.landmarks, down, degrees))
            yield (mirrored, _mirror_image(moved, grey.shape[1])) if is_mirrored else (grey, moved)
    finally:
        mirrored.fill(0)


def _moved(landmarks: Landmarks, down: float, degrees: float) -> Landmarks:
    axes = FaceAxes(landmarks)
    middle = axes.to_pixels(0.0, _CROP_OFFSET)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((landmarks - middle) @ turn.T + axes.to_pixels(0.0, _CROP_OFFSET + down), np.float64)


def _mirror_image(face: Face, width: int) -> Face:
    landmarks = face.landmarks[list(_MIRRORED)]
    landmarks[:, 0] = width - 1 - landmarks[:, 0]
    box = face.box
    return Face(FaceBox(width - box.right, box.top, width - box.left, box.bottom), landmarks)
