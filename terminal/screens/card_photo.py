"""Decode the card's photo in memory for display to staff."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.screens.picture import Pixels

log = logging.getLogger(__name__)


def decode_for_display(jp2: bytearray) -> "Pixels | None":
    """Return the photo's RGB pixels, or None if it cannot be decoded. The caller must overwrite them."""
    import numpy as np

    from vision.photo import PhotoProblem, decode_photo

    grey = decode_photo(jp2)
    if isinstance(grey, PhotoProblem):
        log.warning("cannot show the card's photo: %s", grey)
        return None
    pixels: Pixels = np.repeat(grey[:, :, None], 3, axis=2)
    if grey.flags.writeable:
        grey.fill(0)
    return pixels
