"""Divide the screen rows between text, sign and answers, so that nothing is cut off."""

from dataclasses import dataclass

from terminal.screens.sign import CARD_ROWS, WAIT_ROWS
from terminal.screens.texts import lines_height
from terminal.screens.wrapping import LINE_CELLS, wrap
from terminal.talk.parts import Body, PadKind, Sign

MIN_ANSWER_ROWS, MIN_TWO_ROWS = 3, 7
"""Minimum height of the answers in one and in two rows, in terminal rows."""
MAX_IN_ROW = 5
"""Maximum number of answers in one row. More are shown in two rows."""
MIN_ROWS_WITH_SIGN = 5
"""Minimum rows left for the answers if the moving card is shown."""
_DOTS, _CODE_PART = 5, 3


@dataclass(frozen=True, slots=True)
class Area:
    """The screen area beside the dock, in cells. `roomy` is whether it is large enough for larger targets."""

    width: int
    height: int
    roomy: bool


@dataclass(frozen=True, slots=True)
class Layout:
    answers: int
    """Height of the answers in rows."""
    sign: Sign
    tight: bool = False
    """Whether blank rows between the lines are omitted."""


def divide_rows(body: Body, area: Area, *, large: bool, code_parts: int = 2) -> Layout:
    """Divide the rows for this body. `code_parts` is the number of printed-code fields on the screen."""
    narrow = body.camera or body.pad is not PadKind.NONE
    width = area.width - (_camera_width(area) if body.camera else 0) - (_pad_width(area) if body.pad else 0)
    fixed = (3 + 5 if area.roomy else 1 + 3) + 1
    free = area.height - fixed - _text_rows(body, width, area, code_parts)
    tight = free < MIN_ANSWER_ROWS
    if tight:
        free = area.height - fixed - _text_rows(body, width, area, code_parts, tight=True)
    two_rows = (body.camera and len(body.buttons) > 1) or len(body.buttons) > MAX_IN_ROW
    preferred, least = _preferred_rows(area, large=large, narrow=narrow, two_rows=two_rows), MIN_ANSWER_ROWS
    if two_rows:
        least = MIN_TWO_ROWS
    sign = body.sign
    if sign not in (Sign.NONE, Sign.WAIT):
        rows = CARD_ROWS + (3 if area.roomy else 1)
        reserved = min(preferred, MIN_ROWS_WITH_SIGN if not large else preferred) if body.buttons else 0
        if free - rows >= reserved:
            free -= rows
        else:
            sign = Sign.NONE
    return Layout(max(min(preferred, free), least), sign, tight)


def _text_rows(body: Body, width: int, area: Area, code_parts: int, *, tight: bool = False) -> int:
    gap = 2 if area.roomy else 1
    margin = 6 if area.roomy else 4
    rows = len(wrap(body.question, min(width - margin, LINE_CELLS))) + 2 * gap
    if body.lines:
        rows += lines_height(body.lines, width, tight=tight) + gap
    if body.camera:
        rows += 2
    if body.pad is PadKind.PIN:
        rows += _DOTS
    if body.pad is PadKind.CODE:
        rows += code_parts * _CODE_PART + 1
    if body.sign is Sign.WAIT:
        rows += WAIT_ROWS + gap
    return rows


def _preferred_rows(area: Area, *, large: bool, narrow: bool, two_rows: bool) -> int:
    if two_rows:
        return (19 if large else 17) if area.roomy else (14 if large else 12)
    if narrow:
        return 7 if area.roomy else 5
    return (15 if large else 11) if area.roomy else (9 if large else 7)


def _camera_width(area: Area) -> int:
    return 66 if area.roomy else 46


def _pad_width(area: Area) -> int:
    return 52 if area.roomy else 36
