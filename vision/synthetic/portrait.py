"""Card photos of synthetic people: frontal, with open eyes, without noise, cropped like ID photos."""

from functools import cache

import numpy as np

from vision.face import FaceBox
from vision.frame import Frame, Image
from vision.portrait import card_photo_from
from vision.synthetic.people import person_named
from vision.synthetic.scene import CENTRE, HEAD_PIXELS, Pose, compose


def portrait(name: str) -> Image:
    """Return an uncropped RGB portrait (480, 640, 3). Raises ValueError for an unknown name."""
    return compose(person_named(name), Pose())


@cache
def card_portrait(name: str) -> bytes:
    """Return the card photo as greyscale JPEG 2000."""
    rgb = portrait(name)
    grey = np.ascontiguousarray(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    return card_photo_from(Frame(rgb, grey, 1, 0.0), face_of_portrait())


def face_of_portrait() -> FaceBox:
    """Return the face box, from brows to chin, which is the same in every portrait."""
    half, (x, y) = HEAD_PIXELS, CENTRE
    return FaceBox(round(x - 1.02 * half), round(y - 0.62 * half), round(x + 1.02 * half), round(y + 1.42 * half))
