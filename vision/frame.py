"""Conversion of all pictures to contiguous 8-bit frames.

In a non-contiguous array, dlib silently finds no face.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(height, width, 3) RGB or (height, width) grey, contiguous."""

MAX_SIDE = 1280
"""Maximum longer side of a frame in pixels. Larger pictures are scaled down."""
MIN_SIDE = 80
"""Minimum shorter side of a frame in pixels: the window of the face detector."""


class FrameProblem(StrEnum):
    EMPTY = "empty"
    TOO_SMALL = "too-small"
    NOT_A_PICTURE = "not-a-picture"


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


def frame_of(
    picture: NDArray[Any], *, number: int, taken_at: float, order: Literal["RGB", "BGR"] = "RGB"
) -> Frame | FrameProblem:
    """Convert an 8-bit or 16-bit picture with one, three or four channels to a frame. Alpha is dropped."""
    import cv2

    if picture.size == 0:
        return FrameProblem.EMPTY
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3):
        return FrameProblem.NOT_A_PICTURE
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim == 3:
        if picture.shape[2] not in (3, 4):
            return FrameProblem.NOT_A_PICTURE
        if order == "BGR":
            code = cv2.COLOR_BGR2RGB if picture.shape[2] == 3 else cv2.COLOR_BGRA2RGB
            picture = cv2.cvtColor(np.ascontiguousarray(picture), code)
        else:
            picture = picture[:, :, :3]
    if min(picture.shape[:2]) < MIN_SIDE:
        return FrameProblem.TOO_SMALL
    picture = np.ascontiguousarray(picture)
    longest = max(picture.shape[:2])
    if longest > MAX_SIDE:
        scale = MAX_SIDE / longest
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    if picture.ndim == 2:
        grey = picture
        rgb = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
    else:
        rgb = picture
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    return Frame(np.ascontiguousarray(rgb), np.ascontiguousarray(grey), number, taken_at)
