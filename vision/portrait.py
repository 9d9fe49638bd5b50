"""Card photo cropped from a live frame, for demo cards of the person in front of the camera."""

import numpy as np

from vision.face import FaceBox
from vision.frame import Frame
from vision.photo import CARD_SIZE, card_jp2

_FACE_SHARE = 0.55
"""Width of the face relative to the photo."""
_ABOVE = 0.30
"""Distance of the face box from the upper edge of the photo, relative to the photo's height."""


def card_photo_from(frame: Frame, box: FaceBox) -> bytes:
    """Return a greyscale JPEG 2000 of 240x320, cropped like an ID photo. Areas outside the frame repeat its edges."""
    width = round(box.width / _FACE_SHARE)
    height = round(width * CARD_SIZE[1] / CARD_SIZE[0])
    left = (box.left + box.right - width) // 2
    top = box.top - round(_ABOVE * height)
    rows = np.clip(np.arange(top, top + height), 0, frame.grey.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, frame.grey.shape[1] - 1)
    return card_jp2(np.ascontiguousarray(frame.grey[np.ix_(rows, columns)]))
