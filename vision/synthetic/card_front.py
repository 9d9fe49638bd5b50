"""Draw the front of a simulated card, marked 見本 / SPECIMEN.

Real cards' security features, patterns and logos are omitted.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from vision.frame import Image
from vision.printed import layout
from vision.printed.layout import Box
from vision.synthetic.fonts import fonts

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

SCALE: Final = 12.0
"""Pixels per millimetre."""

_PAPER = (250, 244, 240)
_TINT = (243, 226, 226)
_INK = (38, 34, 36)
_PALE = (150, 140, 144)
_SPECIMEN = (204, 120, 130)


@dataclass(frozen=True, slots=True, repr=False)
class CardFront:
    """Printed data of a fictitious person."""

    birth: str
    """Birth date as printed, such as `昭和55年 3月 1日生`."""
    expiry: str
    """Expiry date as printed, such as `2033年 3月 1日まで有効`."""
    security_code: str
    name: str = "見本 花子"
    address: str = "東京都見本区見本町一丁目2番3号"
    sex: str = "女"
    remarks: tuple[str, ...] = ()
    """Additional entries."""
    pinless: bool = False
    photo: Image | None = None
    """Grey image, if any."""


@cache
def _font(path: Path, pixels: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(path), pixels)


def draw_front(front: CardFront, font: Path | None = None) -> Image:
    """Draw the front as RGB, 648 x 1027 pixels. Raises `NoFont`."""
    from PIL import Image as PILImage
    from PIL import ImageDraw

    path = font or fonts()[0]
    size = (round(layout.WIDTH * SCALE), round(layout.HEIGHT * SCALE))
    image = PILImage.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], round(2.0 * SCALE)), fill=_TINT)
    draw.text((61 * SCALE, 3.2 * SCALE), "見本 SPECIMEN", fill=_SPECIMEN, font=_font(path, round(2.9 * SCALE)))
    if front.photo is not None:
        rows, columns = layout.PHOTO.pixels(SCALE)
        wide, high = columns.stop - columns.start, rows.stop - rows.start
        photo = PILImage.fromarray(front.photo).convert("L").resize((wide, high))
        image.paste(photo.convert("RGB"), (columns.start, rows.start))
    remarks = layout.REMARKS
    draw.rectangle(
        [round(edge * SCALE) for edge in (remarks.left, remarks.top, remarks.right, remarks.bottom)], fill="white"
    )
    _labels(draw, path)
    _write(draw, path, layout.NAME, front.name, 3.6)
    _write(draw, path, layout.ADDRESS, front.address, 3.0)
    _write(draw, path, layout.BIRTH, front.birth)
    _write(draw, path, layout.SEX, f"性別 {front.sex}")
    _write(draw, path, layout.EXPIRY, front.expiry)
    _write(draw, path, layout.SECURITY, front.security_code)
    entries = (("顔認証",) if front.pinless else ()) + front.remarks
    for number, entry in enumerate(entries):
        draw.text(
            ((remarks.left + 1.2) * SCALE, (remarks.top + 0.9 + 3.9 * number) * SCALE),
            entry,
            fill=_INK,
            font=_font(path, round(2.9 * SCALE)),
        )
    return np.asarray(image)


def draw_back(number: str = "0000 0000 0000", font: Path | None = None) -> Image:
    """Draw the back with number, name and a machine-readable block, which must not be mistaken for a front."""
    from PIL import Image as PILImage
    from PIL import ImageDraw

    path = font or fonts()[0]
    size = (round(layout.WIDTH * SCALE), round(layout.HEIGHT * SCALE))
    image = PILImage.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, round(4 * SCALE), size[0], round(11 * SCALE)), fill=(40, 38, 40))
    draw.text((round(26 * SCALE), round(17 * SCALE)), number, fill=_INK, font=_font(path, round(4.2 * SCALE)))
    draw.text((round(26 * SCALE), round(24 * SCALE)), "氏名 見本 花子", fill=_INK, font=_font(path, round(2.8 * SCALE)))
    draw.text((round(26 * SCALE), round(29 * SCALE)), "個人番号 見本", fill=_PALE, font=_font(path, round(2.8 * SCALE)))
    modules = np.random.default_rng(7).integers(0, 2, (25, 25), dtype=np.uint8) * 255
    block = PILImage.fromarray(modules).resize((round(13 * SCALE),) * 2, PILImage.Resampling.NEAREST)
    image.paste(block.convert("RGB"), (round(68 * SCALE), round(17 * SCALE)))
    chip = (round(8 * SCALE), round(20 * SCALE), round(20 * SCALE), round(30 * SCALE))
    draw.rounded_rectangle(chip, 12, fill=(206, 178, 110), outline=(150, 120, 60), width=3)
    return np.asarray(image)


def draw_other_card(font: Path | None = None) -> Image:
    """Draw another kind of card, with different fields and the photo on the right."""
    from PIL import Image as PILImage
    from PIL import ImageDraw

    path = font or fonts()[0]
    size = (round(layout.WIDTH * SCALE), round(layout.HEIGHT * SCALE))
    image = PILImage.new("RGB", size, (232, 240, 246))
    draw = ImageDraw.Draw(image)
    for row, text in enumerate(
        ("会員証 見本", "氏名 見本 太郎", "昭和55年 3月 1日生", "令和12年 3月 1日まで有効", "第 0123456789 号")
    ):
        draw.text(
            (round(5 * SCALE), round((5 + 8 * row) * SCALE)), text, fill=_INK, font=_font(path, round(3.4 * SCALE))
        )
    draw.rectangle([round(edge * SCALE) for edge in (58, 14, 80, 44)], fill=(120, 120, 124))
    return np.asarray(image)


def _labels(draw: "ImageDraw", path: Path) -> None:
    small = _font(path, round(1.7 * SCALE))
    bottom = layout.BOTTOM
    draw.text((bottom.left * SCALE, bottom.top * SCALE), "電子証明書の有効期限    年  月  日", fill=_PALE, font=small)
    draw.text((62 * SCALE, bottom.top * SCALE), "見本市長", fill=_PALE, font=small)


def _write(draw: "ImageDraw", path: Path, box: Box, text: str, height: float = layout.TEXT_HEIGHT) -> None:
    top = (box.top + (box.bottom - box.top - height) / 2 if box.bottom - box.top < 6 else box.top) * SCALE
    draw.text((box.left * SCALE, top), text, fill=_INK, font=_font(path, round(height * SCALE)))
