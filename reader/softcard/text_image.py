"""Text images for simulated cards: name, address and numbers drawn with an installed font, one bit per pixel."""

import io
import logging
from functools import cache
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.platform.current import system

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

log = logging.getLogger(__name__)

_MIN_FONT_SIZE: Final = 7
"""Font size in pixels below which text is illegible."""
_NO_GLYPH: Final = "\U0010ffff"
"""Code point without a glyph in any font."""


def text_png(text: str, width: int, height: int) -> bytes:
    """Return a one-bit greyscale PNG of the text, drawn as large as possible and wrapped if necessary.

    If no Japanese font is installed, the image contains an English note instead of Japanese text.
    """
    from PIL import Image, ImageDraw

    path = _font_for(text)
    if path is None and not text.isascii():
        log.warning("no Japanese font is installed: simulated cards are drawn without a name")
        text = "no Japanese font"
    image = Image.new("1", (width, height), 1)
    draw = ImageDraw.Draw(image)
    font, lines = _fit(path, text, width, height)
    for number, line in enumerate(lines):
        _, top, _, bottom = _ink(font, line)
        middle = height * (2 * number + 1) / (2 * len(lines))
        draw.text((1, round(middle - (top + bottom) / 2)), line, fill=0, font=font)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _fit(path: Path | None, text: str, width: int, height: int) -> "tuple[FreeTypeFont, list[str]]":
    """Return the largest font that fits the text, and the lines. Text too long for the smallest font is truncated."""
    for size in range(height, _MIN_FONT_SIZE, -1):
        font = _font(path, size)
        lines = _wrap(font, text, width - 2)
        if sum(bottom - top for _, top, _, bottom in (_ink(font, line) for line in lines)) <= height - len(lines) + 1:
            return font, lines
    font = _font(path, _MIN_FONT_SIZE)
    return font, _wrap(font, text, width - 2)[: max(height // _MIN_FONT_SIZE, 1)]


def _wrap(font: "FreeTypeFont", text: str, width: int) -> list[str]:
    """Split the text into lines of at most `width` pixels. Japanese text may be broken at any character."""
    lines = [""]
    for letter in text:
        if lines[-1] and _ink(font, lines[-1] + letter)[2] > width:
            lines.append("")
        lines[-1] += letter
    return lines


def _ink(font: "FreeTypeFont", text: str) -> tuple[int, int, int, int]:
    """Return the bounding box of a line drawn at (0, 0): left, top, right, bottom, in pixels."""
    left, top, right, bottom = font.getbbox(text, mode="1")
    return floor(left), floor(top), ceil(right), ceil(bottom)


@cache
def _font(path: Path | None, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    if path is not None:
        return ImageFont.truetype(str(path), size)
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _font_for(text: str) -> Path | None:
    """Return a font with all characters of the text, or any Japanese font if there is none.

    Returns None for ASCII text, and if no Japanese font is installed.
    """
    if text.isascii():
        return None
    fonts: tuple[Path, ...] = system.japanese_fonts()
    return next((path for path in fonts if _has_all(path, text)), next(iter(fonts), None))


def _has_all(path: Path, text: str) -> bool:
    from PIL import ImageFont

    try:
        font = _font(path, 16)
    except OSError:  # not supported by Pillow
        return False
    assert isinstance(font, ImageFont.FreeTypeFont)
    missing = bytes(font.getmask(_NO_GLYPH))
    return not any(bytes(font.getmask(letter)) == missing for letter in text if not letter.isspace())
