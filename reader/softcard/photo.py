"""Photos for software cards: greyscale JPEG 2000 of a given file size, from an image file or a placeholder."""

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

PHOTO_SIZE: Final = (240, 320)
"""Width and height in pixels. The size on real cards is not published."""
SIZES_KB: Final = (5, 10, 15, 20)
_TOLERANCE: Final = 0.03


def photo_of_size(source: bytes | None, kilobytes: float) -> bytes:
    """Return a greyscale JP2 file of `kilobytes` x 1024 bytes, to within 3%.

    `source`: image file in any format supported by Pillow; None for a placeholder without a detectable face. Raises
    `ValueError` if the size is not 2 to 27 KB or cannot be reached, or if `source` cannot be decoded.
    """
    if not 2 <= kilobytes <= 27:
        raise ValueError("the size of a card photo must be 2 to 27 KB")
    image = _placeholder() if source is None else _read(source)
    target = int(kilobytes * 1024)
    low, high, photo = 1.0, 200.0, b""
    for _ in range(24):
        rate = (low * high) ** 0.5
        photo = _encode(image, rate)
        if abs(len(photo) - target) <= target * _TOLERANCE:
            break
        low, high = (rate, high) if len(photo) > target else (low, rate)
    if abs(len(photo) - target) > target * _TOLERANCE:
        raise ValueError(f"the image cannot be compressed to {kilobytes:g} KB")
    return photo


def _read(source: bytes) -> "Image":
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(source)).convert("L").resize(PHOTO_SIZE)
    except (UnidentifiedImageError, OSError, SyntaxError):
        raise ValueError("not an image in a supported format") from None


def _encode(image: "Image", rate: float) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True)
    return buffer.getvalue()


def _placeholder() -> "Image":
    from PIL import Image, ImageDraw

    width, height = PHOTO_SIZE
    # noise gives the encoder enough detail for any size
    image = Image.effect_noise(PHOTO_SIZE, 40)
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.3, height * 0.18, width * 0.7, height * 0.6), fill=170)
    draw.ellipse((width * 0.12, height * 0.66, width * 0.88, height * 1.3), fill=90)
    return image
