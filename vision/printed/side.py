"""Detect a card's front by its layout, before text recognition.

Works on an image at two pixels per millimetre, too coarse for text to be legible.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed import layout
from vision.printed.corners import Quad
from vision.printed.layout import Box

_SCALE: Final = 2.0
"""Pixels per millimetre."""
_INKED: Final = (layout.BIRTH, layout.EXPIRY)
_QUIET: Final = (
    Box(26.0, 19.0, 27.4, 45.0),
    Box(28.0, 17.0, 81.0, 18.4),
    Box(28.0, 23.9, 66.0, 24.6),
    Box(28.0, 29.9, 81.0, 31.0),
)
"""Unprinted areas of the front."""
_PHOTO_MIRRORED: Final = Box(
    layout.WIDTH - layout.PHOTO.right, layout.PHOTO.top, layout.WIDTH - layout.PHOTO.left, layout.PHOTO.bottom
)
"""Where other cards have their photo."""
_NO_PHOTO: Final = 0.08
"""Maximum median ink of an area without a photo."""
_FRONT: Final = 0.3
"""Minimum score of a front. The maximum for 180 backs and other cards was 0.16 (`benchmarks.printed`, hard scenes)."""
_BRIGHTEST: Final = 1.2
"""Maximum brightness of paper relative to the median of the card. Brighter areas are reflections."""


def upright_front(rgb: Image, quad: Quad) -> Quad | None:
    """Return the outline ordered so that the front is upright; None if it is not the front of a My Number Card."""
    orientations = (quad, np.roll(quad, -2, axis=0))
    scores = [_score(card_ink(rgb, orientation)) for orientation in orientations]
    best = int(np.argmax(scores))
    return orientations[best] if scores[best] >= _FRONT else None


def card_ink(rgb: Image, quad: Quad) -> NDArray[np.float32]:
    """Return the darkness of each pixel relative to the surrounding paper, 0 to 1, at two pixels per millimetre."""
    import cv2

    size = (round(layout.WIDTH * _SCALE), round(layout.HEIGHT * _SCALE))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    # average first, because direct sampling would hit or miss characters at random
    shrink = float(np.linalg.norm(quad[1] - quad[0])) / size[0]
    grey = cv2.GaussianBlur(grey, (0, 0), max(0.4 * shrink, 0.3))
    flat = np.asarray(cv2.warpPerspective(grey, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
    flat = np.minimum(flat, _BRIGHTEST * np.median(flat))
    paper = cv2.GaussianBlur(cv2.dilate(flat, np.ones((9, 61), np.uint8)), (0, 0), 6)
    return np.asarray(np.clip((paper - flat) / np.maximum(paper, 8), 0, 1), np.float32)


def features(ink: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Return the ink of the photo, the fainter text line, the darkest unprinted area and the mirrored photo."""
    photo = float(np.median(ink[layout.PHOTO.pixels(_SCALE, -1.5)]))
    lines = min(float(ink[box.pixels(_SCALE, -0.6)][:, :60].mean()) for box in _INKED)
    quiet = max(float(np.median(ink[box.pixels(_SCALE)])) for box in _QUIET)
    mirrored = Box(
        layout.WIDTH - layout.PHOTO.right, layout.PHOTO.top, layout.WIDTH - layout.PHOTO.left, layout.PHOTO.bottom
    )
    opposite = float(np.median(ink[mirrored.pixels(_SCALE, -1.5)]))
    return photo, lines, quiet, opposite


def _score(ink: NDArray[np.float32]) -> float:
    """Return a score of at least `_FRONT` for an upright front.

    Infants' cards, which have no photo, need clearer lines.
    """
    photo, lines, quiet, opposite = features(ink)
    contrast = (lines - quiet) / 0.10
    if max(photo, opposite) < _NO_PHOTO:
        security = float(ink[layout.SECURITY.pixels(_SCALE, -0.6)].mean())
        return min(contrast, (security - quiet) / 0.06) - 0.4
    return min((photo - opposite) / 0.24, contrast)
