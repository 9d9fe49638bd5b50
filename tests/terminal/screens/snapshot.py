"""Screen snapshots, stored as small SVG files that draw the terminal cell by cell.

`UKETSUKE_UPDATE_SNAPSHOTS=1 pytest tests/terminal/screens` rewrites them. Review the differences before committing.
Textual's screenshots are ten times as large, because they contain a web font, a window frame and clip paths.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from rich.segment import Segment
from rich.style import Style

from terminal.screens.app import TerminalApp
from terminal.screens.wrapping import cells

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "UKETSUKE_UPDATE_SNAPSHOTS"
WIDTH, HEIGHT = 10, 20
"""Cell size in pixels."""
_BLOCKS = {
    "▀": ((0, 0, 2, 1),),
    "▄": ((0, 1, 2, 1),),
    "█": ((0, 0, 2, 2),),
    "▌": ((0, 0, 1, 2),),
    "▐": ((1, 0, 1, 2),),
    "▛": ((0, 0, 2, 1), (0, 1, 1, 1)),
    "▜": ((0, 0, 2, 1), (1, 1, 1, 1)),
    "▙": ((0, 0, 1, 1), (0, 1, 2, 1)),
    "▟": ((1, 0, 1, 1), (0, 1, 2, 1)),
}
"""Block characters as boxes (x, y, width, height) in half cells."""


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    width: int
    height: int
    color: str

    def svg(self) -> str:
        return f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" fill="{self.color}"/>'


def screen_svg(app: TerminalApp) -> str:
    """Return the screen as SVG."""
    lines = [list(strip) for strip in app.screen._compositor.render_strips()]
    width, height = app.size.width * WIDTH, app.size.height * HEIGHT
    boxes = _merge([box for y, line in enumerate(lines) for box in _boxes(line, y * HEIGHT)])
    texts = [text for y, line in enumerate(lines) for text in _texts(line, y * HEIGHT)]
    size = f'viewBox="0 0 {width} {height}"'
    header = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="17">'
    return "\n".join([header, *(box.svg() for box in boxes), *texts, "</svg>", ""])


def _colors(style: Style | None) -> tuple[str, str]:
    foreground = style.color.triplet if style and style.color else None
    background = style.bgcolor.triplet if style and style.bgcolor else None
    pair = (foreground.hex if foreground else "#000000", background.hex if background else "#ffffff")
    return (pair[1], pair[0]) if style and style.reverse else pair


def _with_positions(line: list[Segment]) -> Iterator[tuple[int, Segment]]:
    x = 0
    for segment in line:
        yield x, segment
        x += cells(segment.text) * WIDTH


def _boxes(line: list[Segment], y: int) -> Iterator[Box]:
    """Yield the boxes of backgrounds and block characters."""
    for x, segment in _with_positions(line):
        foreground, background = _colors(segment.style)
        yield Box(x, y, cells(segment.text) * WIDTH, HEIGHT, background)
        at = x
        for mark, run in groupby(segment.text):
            wide = cells("".join(run)) * WIDTH
            for dx, dy, width, height in _BLOCKS.get(mark, ()):
                left, step = (at, wide) if width == 2 else (at + dx * WIDTH // 2, WIDTH // 2)
                yield Box(left, y + dy * HEIGHT // 2, step, height * HEIGHT // 2, foreground)
            at += wide


def _texts(line: list[Segment], y: int) -> Iterator[str]:
    for x, segment in _with_positions(line):
        text = segment.text.translate({ord(block): " " for block in _BLOCKS})
        if not text.strip():
            continue
        left = x + cells(text[: len(text) - len(text.lstrip())]) * WIDTH
        text = text.strip()
        bold = ' font-weight="bold"' if segment.style and segment.style.bold else ""
        length = cells(text) * WIDTH
        yield (
            f'<text x="{left}" y="{y + 15}" textLength="{length}" fill="{_colors(segment.style)[0]}"{bold} '
            f'xml:space="preserve">{escape(text)}</text>'
        )


def _merge(boxes: list[Box]) -> list[Box]:
    """Merge adjacent boxes of the same colour, first along a line, then down the screen."""
    rows: list[Box] = []
    for box in boxes:
        last = rows[-1] if rows else None
        if last and (last.y, last.height, last.color, last.x + last.width) == (box.y, box.height, box.color, box.x):
            rows[-1] = Box(last.x, last.y, last.width + box.width, last.height, last.color)
        else:
            rows.append(box)
    open_: dict[tuple[int, int, str], int] = {}
    merged: list[Box] = []
    for box in rows:
        key = (box.x, box.width, box.color)
        above = merged[open_[key]] if key in open_ else None
        if above is not None and above.y + above.height == box.y and _is_unobstructed(merged, open_[key], box):
            merged[open_[key]] = Box(above.x, above.y, above.width, above.height + box.height, above.color)
        else:
            open_[key] = len(merged)
            merged.append(box)
    return merged


def _is_unobstructed(merged: list[Box], index: int, box: Box) -> bool:
    """Return whether no later box overlaps `box`."""
    return not any(
        later.y < box.y + box.height
        and later.y + later.height > box.y
        and later.x < box.x + box.width
        and later.x + later.width > box.x
        for later in merged[index + 1 :]
    )


def difference(name: str, svg: str) -> str:
    """Return "" if `svg` equals the stored snapshot, or the difference. If `UPDATE` is set, write the snapshot."""
    path = FOLDER / f"{name}.svg"
    if os.environ.get(UPDATE):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(svg, encoding="utf-8")
        return ""
    if not path.exists():
        return f"{name}: no snapshot"
    if path.read_text(encoding="utf-8") != svg:
        return f"{name}: the screen differs from its snapshot"
    return ""
