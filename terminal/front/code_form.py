"""Form for typing the code printed on the card: birth date, security code and, if unknown, expiry year.

The birth date is typed as printed, with the era year or the last two digits of the Western year. The expiry year is
usually read from the chip.
"""

from collections.abc import Callable
from enum import StrEnum

from reader.printed_code import CodeFault, check_printed_code
from terminal.conductor.secret_buffers import wipe_buffer


class CodeField(StrEnum):
    BIRTH_DATE = "birth-date"
    EXPIRY_YEAR = "expiry-year"
    SECURITY_CODE = "security-code"


LENGTHS = {CodeField.BIRTH_DATE: 6, CodeField.EXPIRY_YEAR: 4, CodeField.SECURITY_CODE: 4}


class CodeForm:
    """Form for the printed code. Its buffer is overwritten by `wipe`."""

    def __init__(self, card_expiry_year: int | None, read: bytearray | None = None) -> None:
        """`read` contains 14 ASCII digits read by a camera, with a space for each uncertain digit. It is copied."""
        self._year = card_expiry_year
        parts = list(CodeField) if card_expiry_year is None else [CodeField.BIRTH_DATE, CodeField.SECURITY_CODE]
        self.parts: tuple[CodeField, ...] = tuple(parts)
        self._digits = bytearray(self.length)
        self._typed: list[int] = []
        """Typed positions in typing order."""
        self.has_invalid_date = False
        """Whether the birth date just entered is invalid. No code was sent and no try was used."""
        if read is not None and len(read) == 14:
            digits = read if card_expiry_year is None else read[:6] + read[10:]
            self._digits[:] = bytes(digit if digit != 0x20 else 0 for digit in digits)

    def __repr__(self) -> str:
        return f"CodeForm({self.length - self._digits.count(0)} of {self.length})"

    @property
    def length(self) -> int:
        return sum(LENGTHS[part] for part in self.parts)

    @property
    def complete(self) -> bool:
        return 0 not in self._digits

    def filled(self, part: CodeField) -> tuple[bool, ...]:
        """Return which positions of this part have a digit."""
        start = self._start(part)
        return tuple(digit != 0 for digit in self._digits[start : start + LENGTHS[part]])

    def typed_count(self, part: CodeField) -> int:
        """Return the number of digits entered in this part."""
        return sum(self.filled(part))

    def birth_digit(self, index: int) -> str:
        """Return a digit of the birth date for display: the digit if typed, a dot if scanned, empty if missing.

        The digits of other parts are never displayed.
        """
        if not 0 <= index < LENGTHS[CodeField.BIRTH_DATE] or not self._digits[index]:
            return ""
        return chr(self._digits[index]) if index in self._typed else "●"

    def push(self, digit: int) -> None:
        """Fill the first empty position, if any. Raises ValueError if `digit` is not 0 to 9."""
        if not 0 <= digit <= 9:
            raise ValueError("a digit must be 0 to 9")
        if not self.complete:
            self.has_invalid_date = False
            position = self._digits.index(0)
            self._digits[position] = ord("0") + digit
            self._typed.append(position)

    def pop(self) -> None:
        """Erase the last typed digit. If no typed digit is left, erase everything read by a camera."""
        self.has_invalid_date = False
        if self._typed:
            self._digits[self._typed.pop()] = 0
        else:
            wipe_buffer(self._digits)

    def take(self) -> bytearray | None:
        """Return the 14 digits and wipe the form. Return None if a digit is missing or the date is invalid.

        The caller must overwrite the returned buffer.
        """
        if not self.complete:
            return None
        year = bytearray(b"%04d" % self._year) if self._year is not None else bytearray()
        code = self._digits[:6] + year + self._digits[6:]
        fault: CodeFault | None = check_printed_code(code)
        self.wipe()
        if fault is not None:
            wipe_buffer(code)
            self.has_invalid_date = True
            return None
        return code

    def wipe(self) -> None:
        wipe_buffer(self._digits)
        self._typed.clear()
        self.has_invalid_date = False

    def _start(self, part: CodeField) -> int:
        before = self.parts[: self.parts.index(part)]
        return sum(LENGTHS[earlier] for earlier in before)


CodeSource = Callable[[], CodeForm | None]
