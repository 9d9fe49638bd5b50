"""Read the printed code from a run of frames: two frames must agree before a result counts."""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from vision.frame import Image
from vision.printed.fields import PrintedBirth, PrintedFields
from vision.printed.look import CardLook

AGREEING_FRAMES: Final = 2
_T = TypeVar("_T")


class PrintedReader:
    """Collects looks of one reception. `look` is `vision.printed.look.look_at` with its recogniser."""

    def __init__(self, look: Callable[[Image], CardLook]) -> None:
        self._look = look
        self._births: list[PrintedBirth] = []
        self._expiries: list[date] = []
        self._securities: list[bytearray] = []
        self._pinless = 0
        self._seen = 0

    def see(self, rgb: Image) -> CardLook:
        """Look at one more frame. The returned look's fields have been taken over and wiped."""
        look = self._look(rgb)
        if look.fields is not None:
            self._take(look.fields)
            look.fields.wipe()
        return look

    def reading(self) -> PrintedFields:
        """What at least two frames agree on; a place they disagree about stays open. The caller wipes it."""
        return PrintedFields(
            birth=_agreed(self._births),
            expiry=_agreed(self._expiries),
            security=self._security(),
            pinless=self._pinless >= AGREEING_FRAMES and 2 * self._pinless > self._seen,
        )

    def wipe(self) -> None:
        for digits in self._securities:
            digits[:] = b"    "
        self._securities.clear()
        self._births.clear()
        self._expiries.clear()

    def _take(self, fields: PrintedFields) -> None:
        self._seen += 1
        self._pinless += fields.pinless
        if fields.birth is not None:
            self._births.append(fields.birth)
        if fields.expiry is not None:
            self._expiries.append(fields.expiry)
        if fields.security != b"    ":
            self._securities.append(bytearray(fields.security))

    def _security(self) -> bytearray:
        """Place by place; a place at which frames disagree, or which only one saw, stays a space."""
        agreed = bytearray(b"    ")
        for place in range(4):
            seen = [digits[place] for digits in self._securities if digits[place] != 0x20]
            if len(seen) >= AGREEING_FRAMES and len(set(seen)) == 1:
                agreed[place] = seen[0]
        return agreed


def _agreed(values: "list[_T]") -> "_T | None":
    return values[0] if len(values) >= AGREEING_FRAMES and all(value == values[0] for value in values) else None
