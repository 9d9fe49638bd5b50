"""Read the three fields on a card front in a frame: birth date, expiry date, security code.

Only these fields are cropped and recognised. Name and address are never read.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed import layout
from vision.printed.card_guidance import CardGuidance
from vision.printed.corners import Quad, find_cards
from vision.printed.fields import (
    BIRTH_ALPHABET,
    EXPIRY_ALPHABET,
    SECURITY_ALPHABET,
    PrintedFields,
    parse_birth,
    parse_expiry,
    parse_security_code,
)
from vision.printed.layout import Box
from vision.printed.recogniser import HEIGHT, Recogniser
from vision.printed.side import upright_front

_MARGIN: Final = 0.8
"""Margin around a cropped box in millimetres."""
_SCALE: Final = HEIGHT / (layout.BIRTH.bottom - layout.BIRTH.top + 2 * _MARGIN)
"""Pixels per millimetre in the image of a line."""
_MIN_SCALE: Final = 4.0
"""Minimum pixels per millimetre in the frame for legible digits."""
_OVEREXPOSED: Final = 250
_OVEREXPOSED_SHARE: Final = 0.04
_REFLECTING_SHARE: Final = 0.01
_MARK: Final = Path(__file__).with_name("pinless.png")
_MARK_SCALE: Final = 5.0
_MIN_MARK_CORRELATION: Final = 0.62
"""Minimum correlation with the template of 顔認証."""


@dataclass(frozen=True, slots=True, repr=False)
class FrontReading:
    """Result for a frame. `outline` is in pixels of the frame, for display on the screen."""

    guidance: CardGuidance
    """Instruction for the holder; HOLD_STILL if there is no problem."""
    fields: PrintedFields | None = None
    outline: Quad | None = None


def read_front(rgb: Image, recogniser: Recogniser) -> FrontReading:
    """Read the legible fields of a card front in a frame."""
    outlines = find_cards(rgb)
    for outline in outlines:
        upright = upright_front(rgb, outline)
        if upright is not None:
            return _read(rgb, upright, recogniser)
    if not outlines:
        return FrontReading(CardGuidance.SHOW_CARD)
    reflects = _has_reflection(rgb, outlines[0])
    return FrontReading(CardGuidance.TILT if reflects else CardGuidance.OTHER_SIDE, outline=outlines[0])


def _read(rgb: Image, outline: Quad, recogniser: Recogniser) -> FrontReading:
    if np.linalg.norm(outline[1] - outline[0]) / layout.WIDTH < _MIN_SCALE:
        return FrontReading(CardGuidance.NEARER, outline=outline)
    lines = [rectify(rgb, outline, box) for box in (layout.BIRTH, layout.EXPIRY, layout.SECURITY)]
    birth, expiry, security = lines
    fields = PrintedFields(
        parse_birth(recogniser.read(birth, BIRTH_ALPHABET)),
        parse_expiry(recogniser.read(expiry, EXPIRY_ALPHABET)),
        parse_security_code(recogniser.read(security, SECURITY_ALPHABET)),
        pinless=_is_marked_pinless(rgb, outline),
    )
    overexposed = any(_is_overexposed(line) for line in lines)
    for line in lines:
        line[:] = 0
    guidance = CardGuidance.TILT if overexposed and not fields.complete else CardGuidance.HOLD_STILL
    return FrontReading(guidance, fields, outline)


def rectify(rgb: Image, outline: Quad, box: Box, scale: float = _SCALE, margin: float = _MARGIN) -> Image:
    """Return a rectified image of a box on an upright front.

    `scale`: pixels per millimetre. `margin`: added on each side, in millimetres.
    """
    import cv2

    size = (round((box.right - box.left + 2 * margin) * scale), round((box.bottom - box.top + 2 * margin) * scale))
    corners = np.array([[0, 0], [layout.WIDTH, 0], [layout.WIDTH, layout.HEIGHT], [0, layout.HEIGHT]])
    target = (corners - [box.left - margin, box.top - margin]) * scale
    matrix = cv2.getPerspectiveTransform(outline.astype(np.float32), target.astype(np.float32))
    return np.asarray(cv2.warpPerspective(rgb, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)


def _has_reflection(rgb: Image, outline: Quad) -> bool:
    """Return whether a reflection covers part of the card, which prevents detection of its side."""
    card = rectify(rgb, outline, Box(0.0, 0.0, layout.WIDTH, layout.HEIGHT), 2.0, 0.0)
    white = float((card.min(axis=2) >= _OVEREXPOSED).mean())
    card[:] = 0
    return _REFLECTING_SHARE < white < 0.5


def _is_overexposed(line: Image) -> bool:
    """Return whether a reflection covers part of the line."""
    white = (line.min(axis=2) >= _OVEREXPOSED).mean(axis=0)
    return bool(_OVEREXPOSED_SHARE < (white > 0.35).mean() < 0.9)


def _is_marked_pinless(rgb: Image, outline: Quad) -> bool:
    """Return whether the remarks contain 顔認証, by template matching. Text recognition is not applied to remarks."""
    import cv2

    panel = cv2.cvtColor(rectify(rgb, outline, layout.REMARKS, _MARK_SCALE, 0.0), cv2.COLOR_RGB2GRAY)
    best = 0.0
    for factor in (0.92, 1.0, 1.08):
        mark = cv2.resize(_mark_template(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        best = max(best, float(cv2.matchTemplate(panel, mark, cv2.TM_CCOEFF_NORMED).max()))
    panel[:] = 0
    return best >= _MIN_MARK_CORRELATION


@cache
def _mark_template() -> NDArray[np.uint8]:
    """Return a grey image of 顔認証 with five pixels per millimetre."""
    import cv2

    image = cv2.imdecode(np.frombuffer(_MARK.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(image, np.uint8)
