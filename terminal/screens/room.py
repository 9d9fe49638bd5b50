"""Divide the screen's rows: sentences come first, answers get the rest, nothing is cut off."""

from dataclasses import dataclass

from terminal.screens.sayings import lines_height
from terminal.screens.sign import CARD_ROWS, WAIT_ROWS
from terminal.screens.wrapping import LINE_CELLS, wrap
from terminal.talk.parts import Body, PadKind, Sign

MIN_ANSWER_ROWS, MIN_TWO_ROWS = 3, 7
"""Minimum rows for the answers: in one row, in two rows."""
IN_A_ROW = 5
"""More answers than this are shown in two rows."""
LEFT_BY_SIGN = 5
"""The moving card is shown only if it leaves this many rows for the answers."""
_DOTS, _CODE_PART = 5, 3


@dataclass(frozen=True, slots=True)
class Room:
    """The screen area beside the dock, in cells. `usual`: big enough for the larger targets."""

    width: int
    height: int
    usual: bool


@dataclass(frozen=True, slots=True)
class Shares:
    answers: int
    """Rows for the answers."""
    sign: Sign
    tight: bool = False
    """No blank rows between the lines."""


def shares(body: Body, room: Room, *, large: bool, code_parts: int = 2) -> Shares:
    """Divide the rows for this body. `code_parts`: number of printed-code fields to type here."""
    narrow = body.camera or body.pad is not PadKind.NONE
    width = room.width - (_camera_width(room) if body.camera else 0) - (_pad_width(room) if body.pad else 0)
    around = (3 + 5 if room.usual else 1 + 3) + 1
    free = room.height - around - _text_rows(body, width, room, code_parts)
    tight = free < MIN_ANSWER_ROWS
    if tight:
        free = room.height - around - _text_rows(body, width, room, code_parts, tight=True)
    two_rows = (body.camera and len(body.offers) > 1) or len(body.offers) > IN_A_ROW
    preferred, least = _preferred_rows(room, large=large, narrow=narrow, two_rows=two_rows), MIN_ANSWER_ROWS
    if two_rows:
        least = MIN_TWO_ROWS
    sign = body.sign
    if sign not in (Sign.NONE, Sign.WAIT):
        rows = CARD_ROWS + (3 if room.usual else 1)
        keeps = min(preferred, LEFT_BY_SIGN if not large else preferred) if body.offers else 0
        if free - rows >= keeps:
            free -= rows
        else:
            sign = Sign.NONE
    return Shares(max(min(preferred, free), least), sign, tight)


def _text_rows(body: Body, width: int, room: Room, code_parts: int, *, tight: bool = False) -> int:
    gap = 2 if room.usual else 1
    beside = 6 if room.usual else 4
    rows = len(wrap(body.question, min(width - beside, LINE_CELLS))) + 2 * gap
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


def _preferred_rows(room: Room, *, large: bool, narrow: bool, two_rows: bool) -> int:
    if two_rows:
        return (19 if large else 17) if room.usual else (14 if large else 12)
    if narrow:
        return 7 if room.usual else 5
    return (15 if large else 11) if room.usual else (9 if large else 7)


def _camera_width(room: Room) -> int:
    return 66 if room.usual else 46


def _pad_width(room: Room) -> int:
    return 52 if room.usual else 36
