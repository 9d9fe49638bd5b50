"""Division of the screen's rows: sentences come first, answers get the rest, nothing is cut off."""

from dataclasses import dataclass

from terminal.screens.sayings import lines_height
from terminal.screens.sign import CARD_ROWS, WAIT_ROWS
from terminal.screens.wrapping import LINE_CELLS, wrap
from terminal.talk.parts import Body, PadKind, Sign

LEAST_ANSWER, LEAST_TWO_ROWS = 3, 7
"""Rows of the answers where there is least room: one row of them, or two."""
IN_A_ROW = 5
"""More answers than this stand in two rows."""
SIGN_LEAVES = 5
"""The moving card is shown if the answers keep this many rows."""
_DOTS, _CODE_PART = 5, 3


@dataclass(frozen=True, slots=True)
class Room:
    """The screen beside the dock, in cells. `usual`: there is room for larger targets."""

    width: int
    height: int
    usual: bool


@dataclass(frozen=True, slots=True)
class Shares:
    answers: int
    """Rows of the answers."""
    sign: Sign
    tight: bool = False
    """The lines stand without empty rows between them."""


def shares(body: Body, room: Room, *, large: bool, code_parts: int = 2) -> Shares:
    """Share the rows for this body. `code_parts`: fields of the printed code that are typed here."""
    narrow = body.camera or body.pad is not PadKind.NONE
    width = room.width - (_width_of_camera(room) if body.camera else 0) - (_width_of_pad(room) if body.pad else 0)
    around = (3 + 5 if room.usual else 1 + 3) + 1
    free = room.height - around - _said(body, width, room, code_parts)
    tight = free < LEAST_ANSWER
    if tight:
        free = room.height - around - _said(body, width, room, code_parts, tight=True)
    two_rows = (body.camera and len(body.offers) > 1) or len(body.offers) > IN_A_ROW
    wanted, least = _wanted(room, large=large, narrow=narrow, two_rows=two_rows), LEAST_ANSWER
    if two_rows:
        least = LEAST_TWO_ROWS
    sign = body.sign
    if sign not in (Sign.NONE, Sign.WAIT):
        rows = CARD_ROWS + (3 if room.usual else 1)
        keeps = min(wanted, SIGN_LEAVES if not large else wanted) if body.offers else 0
        if free - rows >= keeps:
            free -= rows
        else:
            sign = Sign.NONE
    return Shares(max(min(wanted, free), least), sign, tight)


def _said(body: Body, width: int, room: Room, code_parts: int, *, tight: bool = False) -> int:
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


def _wanted(room: Room, *, large: bool, narrow: bool, two_rows: bool) -> int:
    if two_rows:
        return (19 if large else 17) if room.usual else (14 if large else 12)
    if narrow:
        return 7 if room.usual else 5
    return (15 if large else 11) if room.usual else (9 if large else 7)


def _width_of_camera(room: Room) -> int:
    return 66 if room.usual else 46


def _width_of_pad(room: Room) -> int:
    return 52 if room.usual else 36
