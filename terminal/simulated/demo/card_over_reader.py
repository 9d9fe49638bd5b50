"""A simulated camera above the demo's reader that shows the front of the card on the reader."""

from collections.abc import Callable
from typing import Final

import numpy as np

from reader.face_record import FaceRecord, parse_face_record
from reader.printed_code import Era, EraDate, WesternDate
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from terminal.simulated.demo.code_reader import NAME
from vision.frame import Image
from vision.synthetic.card_front import CardFront, draw_front
from vision.synthetic.card_source import CardSource

_ERAS: Final = {Era.MEIJI: "明治", Era.TAISHO: "大正", Era.SHOWA: "昭和", Era.HEISEI: "平成", Era.REIWA: "令和"}
_SEXES: Final = {1: "男", 2: "女"}


class CardOverReader(CardSource):
    """Draws the front of the card returned by `current_card`."""

    def __init__(self, current_card: Callable[[], SoftCard | None]) -> None:
        super().__init__(self._picture)
        self._current_card = current_card
        self._drawn: tuple[str, Image] | None = None
        self.covered = False
        """Whether the card is covered."""

    @property
    def name(self) -> str:
        return NAME

    def close(self) -> None:
        self._drawn = None

    def _picture(self) -> Image | None:
        card = self._current_card()
        if card is None or self.covered or File.FACE_RECORD not in card.image.files:
            return None
        if self._drawn is None or self._drawn[0] != card.image.card_id:
            self._drawn = (card.image.card_id, draw_front(printed_front(card)))
        return self._drawn[1]


def printed_front(card: SoftCard) -> CardFront:
    """Return the text and photo printed on a simulated card."""
    record = parse_face_record(card.image.files[File.FACE_RECORD])
    code = card.image.printed_code
    return CardFront(
        birth=_birth(record, code),
        expiry=f"{record.expiry.year}年{record.expiry.month:2d}月{record.expiry.day:2d}日まで有効",
        security_code=code[10:],
        sex=_SEXES.get(int(record.sex or 0), "-"),
        pinless=card.image.passwords[Password.USER_PIN].reference is None,
        photo=_photo(record),
    )


def _birth(record: FaceRecord, code: str) -> str:
    """Format the birth date with an era year or a Western year, whichever matches the start of the card's code."""
    day = record.birth_date
    assert day is not None
    era = EraDate.from_date(day)
    printed: EraDate | WesternDate = era if era.year == int(code[:2]) else WesternDate(day.year, day.month, day.day)
    if isinstance(printed, EraDate):
        year = _ERAS[printed.era] + ("元" if printed.year == 1 else f"{printed.year:2d}")
    else:
        year = str(printed.year)
    return f"{year}年{day.month:2d}月{day.day:2d}日生"


def _photo(record: FaceRecord) -> Image | None:
    from vision.photo import decode_photo

    if record.photo_jp2 is None:
        return None
    photo = decode_photo(record.photo_jp2)
    return photo if isinstance(photo, np.ndarray) else None
