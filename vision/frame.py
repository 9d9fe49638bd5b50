"""Convert images to contiguous 8-bit frames.

dlib silently finds no faces in a non-contiguous array.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(height, width, 3) RGB or (height, width) grey, contiguous."""

MAX_SIDE = 1280
"""Maximum length of a frame's longer side in pixels. Larger images are scaled down."""
MIN_SIDE = 80
"""Minimum length of a frame's shorter side in pixels: the face detector's window size."""


class FrameProblem(StrEnum):
    EMPTY = "empty"
    TOO_SMALL = "too-small"
    NOT_AN_IMAGE = "not-an-image"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frame:
    """Camera frame."""

    rgb: Image
    grey: Image
    number: int
    taken_at: float
    """Seconds on the source's clock. Only differences are meaningful."""

    def __repr__(self) -> str:
        return f"Frame({self.number})"


def to_frame(
    image: NDArray[Any], *, number: int, taken_at: float, order: Literal["RGB", "BGR"] = "RGB"
) -> Frame | FrameProblem:
    """Convert an 8-bit or 16-bit image with one, three or four channels to a frame. Alpha is dropped."""
    import cv2

    if image.size == 0:
        return FrameProblem.EMPTY
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        return FrameProblem.NOT_AN_IMAGE
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 3:
        if image.shape[2] not in (3, 4):
            return FrameProblem.NOT_AN_IMAGE
        if order == "BGR":
            code = cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGB
            image = cv2.cvtColor(np.ascontiguousarray(image), code)
        else:
            image = image[:, :, :3]
    if min(image.shape[:2]) < MIN_SIDE:
        return FrameProblem.TOO_SMALL
    image = np.ascontiguousarray(image)
    longest = max(image.shape[:2])
    if longest > MAX_SIDE:
        scale = MAX_SIDE / longest
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    if image.ndim == 2:
        grey = image
        rgb = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
    else:
        rgb = image
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    return Frame(np.ascontiguousarray(rgb), np.ascontiguousarray(grey), number, taken_at)
