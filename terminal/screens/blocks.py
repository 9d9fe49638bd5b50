"""Draw pixels with half-block characters, two pixels per cell."""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Row = Sequence[int]
"""A row of pixels, each 0xRRGGBB."""


@lru_cache(maxsize=32768)
def _style(upper: int, lower: int) -> Style:
    return Style(color=_color(upper), bgcolor=_color(lower))


@lru_cache(maxsize=8192)
def _color(rgb: int) -> Color:
    return Color.from_rgb(rgb >> 16, rgb >> 8 & 0xFF, rgb & 0xFF)


def to_strip(upper: Row, lower: Row) -> Strip:
    """Convert two pixel rows to a line of cells. Merges equal neighbours."""
    segments: list[Segment] = []
    run, length = (upper[0], lower[0]), 0
    for pair in zip(upper, lower, strict=True):
        if pair == run:
            length += 1
        else:
            segments.append(_segment(run, length))
            run, length = pair, 1
    segments.append(_segment(run, length))
    return Strip(segments, len(upper))


def _segment(pair: tuple[int, int], length: int) -> Segment:
    upper, lower = pair
    return Segment((" " if upper == lower else "▀") * length, _style(upper, lower))


def to_strips(rows: Sequence[Row]) -> list[Strip]:
    """Convert an even number of pixel rows to lines of cells."""
    return [to_strip(rows[at], rows[at + 1]) for at in range(0, len(rows) - 1, 2)]


def centre_line(lines: Sequence[Strip], y: int, width: int, style: Style) -> Strip:
    """Return line `y` of a picture, centred in an area of `width` cells."""
    if y >= len(lines):
        return Strip.blank(width, style)
    line = lines[y]
    left = max((width - line.cell_length) // 2, 0)
    return Strip.join([Strip.blank(left, style), line, Strip.blank(max(width - left - line.cell_length, 0), style)])
