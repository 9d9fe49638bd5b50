"""Decode and encode the card's photo: greyscale JPEG 2000 in a JP2 file of limited size."""

import io
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

JP2_SIGNATURE = bytes.fromhex("0000000c6a5020200d0a870a")
MAX_BYTES = 64 * 1024
MAX_PIXELS = 1024 * 1024
CARD_SIZE = (240, 320)
"""Width and height of a simulated card's photo."""


class PhotoProblem(StrEnum):
    NOT_JPEG2000 = "not-jpeg2000"
    TOO_LARGE = "too-large"
    DAMAGED = "damaged"


def decode_photo(data: bytes | bytearray) -> Image | PhotoProblem:
    """Return the photo as a (height, width) grey image, or the problem."""
    from PIL import Image as Pillow
    from PIL import ImageFile

    if len(data) > MAX_BYTES:
        return PhotoProblem.TOO_LARGE
    if not data.startswith(JP2_SIGNATURE):
        return PhotoProblem.NOT_JPEG2000
    # face_recognition enables this for the entire process
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Pillow.open(io.BytesIO(data), formats=("JPEG2000",)) as photo:
            if photo.width * photo.height > MAX_PIXELS:
                return PhotoProblem.TOO_LARGE
            return np.array(photo.convert("L"), np.uint8)  # copy, so that the caller can overwrite it
    except (OSError, ValueError, SyntaxError, MemoryError, Pillow.DecompressionBombError):
        return PhotoProblem.DAMAGED


def card_jp2(portrait: NDArray[np.uint8], size: int = 5000) -> bytes:
    """Encode a portrait for a card: 240x320, grey, about `size` bytes.

    `portrait`: (height, width) grey or (height, width, 3) RGB.
    """
    from PIL import Image as Pillow

    photo = Pillow.fromarray(portrait).convert("L").resize(CARD_SIZE, Pillow.Resampling.LANCZOS)
    raw = CARD_SIZE[0] * CARD_SIZE[1]
    out = io.BytesIO()
    photo.save(out, "JPEG2000", quality_mode="rates", quality_layers=[raw / size], irreversible=True)
    return out.getvalue()
