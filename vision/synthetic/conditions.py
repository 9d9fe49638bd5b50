"""Difficult camera conditions, which can be combined: light, position, blur, noise, a mask."""

from dataclasses import replace
from enum import StrEnum

import cv2
import numpy as np

from vision.frame import Image
from vision.synthetic.drawing import Light
from vision.synthetic.person import Person
from vision.synthetic.scene import CENTRE, HEIGHT, WIDTH


class Condition(StrEnum):
    DARK = "dark"
    SIDE_LIGHT = "side-light"
    """Lamp beside the face, which leaves half of the face in shadow."""
    BACKLIT = "backlit"
    """Window behind a face in shadow."""
    FAR = "far"
    NEAR = "near"
    OFF_CENTRE = "off-centre"
    BLURRED = "blurred"
    NOISY = "noisy"
    """Noise like that of a cheap sensor in a dim room."""
    MASK = "mask"
    """Surgical mask over nose and mouth."""


Conditions = frozenset[Condition]

PERSON_CONDITIONS = frozenset({Condition.SIDE_LIGHT, Condition.BACKLIT, Condition.MASK})
"""Conditions that apply to a person. The others apply to any image."""

_SCALES = {Condition.FAR: 0.42, Condition.NEAR: 2.7}
_SIDEWAYS_OFFSET = 205
"""In pixels."""
_DARKNESS = 0.2
_BLUR = 5.0
"""Standard deviation in pixels."""
_NOISE = 3.0
"""Standard deviation in levels of 255 for an ordinary sensor."""
_STRONG_NOISE = 14.0


def light_for(conditions: Conditions) -> Light:
    if Condition.BACKLIT in conditions:
        return Light(strength=0.24, behind=200.0)
    if Condition.SIDE_LIGHT in conditions:
        return Light(direction=(-0.95, -0.15, 0.3))
    return Light()


def person_for(conditions: Conditions, person: Person) -> Person:
    return replace(person, mask=True) if Condition.MASK in conditions else person


def apply_conditions(conditions: Conditions, image: Image) -> Image:
    """Apply the conditions to the image, except for sensor noise."""
    for condition, scale in _SCALES.items():
        if condition in conditions:
            image = _transform(image, scale, 0)
    if Condition.OFF_CENTRE in conditions:
        image = _transform(image, 1.0, _SIDEWAYS_OFFSET)
    if Condition.BLURRED in conditions:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), _BLUR), np.uint8)
    if Condition.DARK in conditions:
        image = np.asarray(cv2.convertScaleAbs(image, alpha=_DARKNESS), np.uint8)
    return image


def noise_for(conditions: Conditions) -> float:
    return _STRONG_NOISE if Condition.NOISY in conditions else _NOISE


def _transform(image: Image, scale: float, right: int) -> Image:
    """Scale and shift the scene, extending its edges."""
    x, y = CENTRE
    matrix = np.array([[scale, 0, x * (1 - scale) + right], [0, scale, y * (1 - scale)]])
    moved = cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
