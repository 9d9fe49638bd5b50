"""A card photo cut from a live frame, as the demo needs one of the person in front of it."""

import numpy as np

from vision.face import FaceBox
from vision.frame import Frame
from vision.photo import CARD_SIZE, card_jp2

_FACE_SHARE = 0.55
"""The face's share of the photo's width."""
_ABOVE = 0.30
"""The box's top below the photo's upper edge, as a share of the height."""


def card_photo_from(frame: Frame, box: FaceBox) -> bytes:
    """Greyscale JPEG 2000 of 240x320, cropped like an ID photo; what lies outside the frame repeats its edge."""
    width = round(box.width / _FACE_SHARE)
    height = round(width * CARD_SIZE[1] / CARD_SIZE[0])
    left = (box.left + box.right - width) // 2
    top = box.top - round(_ABOVE * height)
    rows = np.clip(np.arange(top, top + height), 0, frame.grey.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, frame.grey.shape[1] - 1)
    return card_jp2(np.ascontiguousarray(frame.grey[np.ix_(rows, columns)]))
