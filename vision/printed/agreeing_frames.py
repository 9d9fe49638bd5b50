"""Accept the printed code only if at least two frames agree on it."""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from vision.frame import Image
from vision.printed.fields import PrintedBirth, PrintedFields
from vision.printed.front import FrontReading

MIN_AGREEING: Final = 2
_ValueT = TypeVar("_ValueT")


class AgreeingFrames:
    """Readings from the frames of one reception. `read_front`: `vision.printed.front.read_front` with a recogniser."""

    def __init__(self, read_front: Callable[[Image], FrontReading]) -> None:
        self._read_front = read_front
        self._birth_dates: list[PrintedBirth] = []
        self._expiries: list[date] = []
        self._security_codes: list[bytearray] = []
        self._pinless_frames = 0
        self._frames = 0

    def add(self, rgb: Image) -> FrontReading:
        """Read a frame. Its fields are stored here and wiped from the returned reading."""
        reading = self._read_front(rgb)
        if reading.fields is not None:
            self._store(reading.fields)
            reading.fields.wipe()
        return reading

    def agreed_fields(self) -> PrintedFields:
        """Return the fields on which at least two frames agree. Digits on which frames disagree are spaces. The caller
        must wipe the fields.
        """
        return PrintedFields(
            birth=_agreed(self._birth_dates),
            expiry=_agreed(self._expiries),
            security=self._agreed_security(),
            pinless=self._pinless_frames >= MIN_AGREEING and 2 * self._pinless_frames > self._frames,
        )

    def wipe(self) -> None:
        for digits in self._security_codes:
            digits[:] = b"    "
        self._security_codes.clear()
        self._birth_dates.clear()
        self._expiries.clear()

    def _store(self, fields: PrintedFields) -> None:
        self._frames += 1
        self._pinless_frames += fields.pinless
        if fields.birth is not None:
            self._birth_dates.append(fields.birth)
        if fields.expiry is not None:
            self._expiries.append(fields.expiry)
        if fields.security != b"    ":
            self._security_codes.append(bytearray(fields.security))

    def _agreed_security(self) -> bytearray:
        """Return four digits. A digit that frames disagree on, or that fewer than two frames show, is a space."""
        agreed = bytearray(b"    ")
        for position in range(4):
            digits = [code[position] for code in self._security_codes if code[position] != 0x20]
            if len(digits) >= MIN_AGREEING and len(set(digits)) == 1:
                agreed[position] = digits[0]
        return agreed


def _agreed(values: "list[_ValueT]") -> "_ValueT | None":
    """Return the value if at least two frames show it and no frame shows a different value."""
    return values[0] if len(values) >= MIN_AGREEING and all(value == values[0] for value in values) else None
