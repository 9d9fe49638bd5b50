"""Reading the printed code from a sequence of frames, of which at least two must agree."""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from vision.frame import Image
from vision.printed.fields import PrintedBirth, PrintedFields
from vision.printed.look import CardLook

AGREEING_FRAMES: Final = 2
_T = TypeVar("_T")


class PrintedReader:
    """Collects the results of one reception. `look`: `vision.printed.look.look_at` with a recogniser."""

    def __init__(self, look: Callable[[Image], CardLook]) -> None:
        self._look = look
        self._births: list[PrintedBirth] = []
        self._expiries: list[date] = []
        self._securities: list[bytearray] = []
        self._pinless = 0
        self._seen = 0

    def see(self, rgb: Image) -> CardLook:
        """Examine another frame. The fields of the returned result have been collected and wiped."""
        look = self._look(rgb)
        if look.fields is not None:
            self._take(look.fields)
            look.fields.wipe()
        return look

    def reading(self) -> PrintedFields:
        """Return what at least two frames agree on. Digits on which they disagree are left open. The caller must wipe
        the result.
        """
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
        """Combine digit by digit. A digit on which frames disagree, or that only one frame shows, remains a space."""
        agreed = bytearray(b"    ")
        for place in range(4):
            seen = [digits[place] for digits in self._securities if digits[place] != 0x20]
            if len(seen) >= AGREEING_FRAMES and len(set(seen)) == 1:
                agreed[place] = seen[0]
        return agreed


def _agreed(values: "list[_T]") -> "_T | None":
    return values[0] if len(values) >= AGREEING_FRAMES and all(value == values[0] for value in values) else None
