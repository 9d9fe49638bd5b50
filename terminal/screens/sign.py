"""The animated sign: a card moving to or from the reader, or three dots while waiting.

The animation is small and slow to avoid dizziness.
"""

from functools import lru_cache

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from terminal.screens.blocks import centre_line, to_strips
from terminal.talk.parts import Sign

WIDTH, HEIGHT = 44, 14
CARD_ROWS, WAIT_ROWS = HEIGHT // 2, 3
"""Height of the signs in rows of cells."""
PHASES = 12
SECONDS_PER_PHASE = 0.25

_CHIP, _LINES, _SLOT = 0xD9A520, 0x7FA8CC, 0x101820


class MovingSign(Widget, can_focus=False):
    def __init__(self, *, id: str, moving: bool = True) -> None:
        super().__init__(id=id)
        self.sign = Sign.NONE
        self.phase = 0
        self._moving = moving

    def on_mount(self) -> None:
        self._timer = self.set_interval(SECONDS_PER_PHASE, self._advance, pause=True)

    def show(self, sign: Sign) -> None:
        if sign is self.sign:
            return
        self.sign, self.phase = sign, 0
        self.display = sign is not Sign.NONE
        if self.display and self._moving:
            self._timer.resume()
        else:
            self._timer.pause()
        self.refresh(layout=True)

    def _advance(self) -> None:
        self.phase = (self.phase + 1) % PHASES
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return CARD_ROWS if self.sign is not Sign.WAIT else WAIT_ROWS

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        ground, ink = _rgb(style.bgcolor, 0xFFFFFF), _rgb(style.color, 0)
        return centre_line(picture(self.sign, self.phase, ground, ink), y, self.size.width, style)


def _rgb(color: object, otherwise: int) -> int:
    triplet = getattr(color, "triplet", None)
    return otherwise if triplet is None else triplet.red << 16 | triplet.green << 8 | triplet.blue


@lru_cache(maxsize=128)
def picture(sign: Sign, phase: int, ground: int, ink: int) -> list[Strip]:
    """Return one phase of the sign as lines of cells."""
    match sign:
        case Sign.PUT_CARD | Sign.SHOW_CARD:
            return to_strips(_card_at(min(phase, 8) // 2 - 1, ground, ink))
        case Sign.TAKE_CARD:
            return to_strips(_card_at(3 - min(phase, 8) // 2, ground, ink))
        case Sign.WAIT:
            return to_strips(_dots(phase // 4, ground, ink))
        case Sign.NONE:
            return []


def _card_at(depth: int, ground: int, ink: int) -> list[list[int]]:
    """Draw a card above a reader, lowered by `depth` pixels (-1 for the highest position, 3 for inserted)."""
    rows = [[ground] * WIDTH for _ in range(HEIGHT)]
    top = depth + 1
    _box(rows, 12, top, 20, 9, 0xE8F1FA, edge=ink)
    _box(rows, 15, top + 3, 4, 3, _CHIP)
    for line in (2, 4, 6):
        _box(rows, 21, top + line, 8, 1, _LINES)
    _box(rows, 6, 10, 32, 4, ink)
    _box(rows, 11, 10, 22, 1, _SLOT)
    return rows


def _dots(lit: int, ground: int, ink: int) -> list[list[int]]:
    rows = [[ground] * WIDTH for _ in range(6)]
    for dot in range(3):
        color = ink if dot == lit else _between(ground, ink)
        left = WIDTH // 2 - 13 + dot * 10
        _box(rows, left + 1, 0, 4, 6, color)
        _box(rows, left, 1, 6, 4, color)
    return rows


def _between(start: int, end: int) -> int:
    """Return the colour a quarter of the way from `start` to `end`."""
    mixed = 0
    for shift in (16, 8, 0):
        first, second = start >> shift & 0xFF, end >> shift & 0xFF
        mixed |= (first * 3 + second) // 4 << shift
    return mixed


def _box(
    rows: list[list[int]], left: int, top: int, width: int, height: int, color: int, *, edge: int | None = None
) -> None:
    for y in range(max(top, 0), min(top + height, len(rows))):
        for x in range(left, left + width):
            on_edge = y in (top, top + height - 1) or x in (left, left + width - 1)
            rows[y][x] = edge if edge is not None and on_edge else color
