"""The card's photo as pixels, decoded in memory for staff's eyes."""

import io
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.screens.picture import Pixels

log = logging.getLogger(__name__)


def decoded_photo(jp2: bytearray) -> "Pixels | None":
    """RGB pixels of a JPEG 2000 file, for the caller to overwrite; None where it cannot be decoded."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jp2), formats=["JPEG2000"]) as photo:
            pixels: Pixels = np.array(photo.convert("RGB"), dtype=np.uint8)
            return pixels
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        log.warning("card photo cannot be shown: %s", type(error).__name__)
        return None
