"""Which side of which card is in front of the camera, by its layout alone, before any text is recognised.

Looks at a picture of two pixels a millimetre, in which no writing can be read.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed import layout
from vision.printed.corners import Quad
from vision.printed.layout import Box

_SCALE: Final = 2.0
"""Pixels a millimetre."""
_INKED: Final = (layout.BIRTH, layout.EXPIRY)
_QUIET: Final = (
    Box(26.0, 19.0, 27.4, 45.0),
    Box(28.0, 17.0, 81.0, 18.4),
    Box(28.0, 23.9, 66.0, 24.6),
    Box(28.0, 29.9, 81.0, 31.0),
)
"""Where a front has no print."""
_PHOTO_MIRRORED: Final = Box(
    layout.WIDTH - layout.PHOTO.right, layout.PHOTO.top, layout.WIDTH - layout.PHOTO.left, layout.PHOTO.bottom
)
"""Where other cards have their photo."""
_NO_PHOTO: Final = 0.08
"""Median ink of a place without photo."""
_FRONT: Final = 0.3
"""Least score of a front. Of 180 backs and other cards none had more than 0.16 (`benchmarks.printed`, hard scenes)."""
_BRIGHTEST: Final = 1.2
"""Times the card's median brightness: a lamp's reflection is no paper that the print around it is compared with."""


def upright_front(rgb: Image, quad: Quad) -> Quad | None:
    """Return the outline turned so that the front is upright; None if it is not the front of this card."""
    scored = [(_score(ink_of(rgb, turned)), turned) for turned in (quad, np.roll(quad, -2, axis=0))]
    best, turned = max(scored, key=lambda one: one[0])
    return turned if best >= _FRONT else None


def ink_of(rgb: Image, quad: Quad) -> NDArray[np.float32]:
    """How much darker than the paper around it each place of the card is, 0 to 1; two pixels a millimetre."""
    import cv2

    size = (round(layout.WIDTH * _SCALE), round(layout.HEIGHT * _SCALE))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    # averaged first: at this size letters would otherwise be hit or missed by chance
    shrink = float(np.linalg.norm(quad[1] - quad[0])) / size[0]
    grey = cv2.GaussianBlur(grey, (0, 0), max(0.4 * shrink, 0.3))
    flat = np.asarray(cv2.warpPerspective(grey, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
    flat = np.minimum(flat, _BRIGHTEST * np.median(flat))
    paper = cv2.GaussianBlur(cv2.dilate(flat, np.ones((9, 61), np.uint8)), (0, 0), 6)
    return np.asarray(np.clip((paper - flat) / np.maximum(paper, 8), 0, 1), np.float32)


def features(ink: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Mean ink of photo, of the fainter text line, of the noisiest quiet strip, and of the photo's mirror place."""
    photo = float(np.median(ink[layout.PHOTO.pixels(_SCALE, -1.5)]))
    lines = min(float(ink[box.pixels(_SCALE, -0.6)][:, :60].mean()) for box in _INKED)
    quiet = max(float(np.median(ink[box.pixels(_SCALE)])) for box in _QUIET)
    mirrored = Box(
        layout.WIDTH - layout.PHOTO.right, layout.PHOTO.top, layout.WIDTH - layout.PHOTO.left, layout.PHOTO.bottom
    )
    opposite = float(np.median(ink[mirrored.pixels(_SCALE, -1.5)]))
    return photo, lines, quiet, opposite


def _score(ink: NDArray[np.float32]) -> float:
    """At least `_FRONT` for an upright front. A card without photo (an infant's) must show its lines the clearer."""
    photo, lines, quiet, opposite = features(ink)
    contrast = (lines - quiet) / 0.10
    if max(photo, opposite) < _NO_PHOTO:
        security = float(ink[layout.SECURITY.pixels(_SCALE, -0.6)].mean())
        return min(contrast, (security - quiet) / 0.06) - 0.4
    return min((photo - opposite) / 0.24, contrast)
