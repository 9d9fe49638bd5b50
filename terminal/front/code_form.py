"""What is typed of the code printed on the card: birth date and security code, in a buffer that is overwritten.

The birth date is typed as it is printed (year of the era, or the last two digits of a Western year); the year the card
ends is known from the chip, where it can be read.
"""

from collections.abc import Callable
from enum import StrEnum

from reader.printed_code import CodeFault, check_printed_code
from terminal.conductor.patient import wipe_buffer


class CodePart(StrEnum):
    BIRTH_DATE = "birth-date"
    EXPIRY_YEAR = "expiry-year"
    SECURITY_CODE = "security-code"


LENGTHS = {CodePart.BIRTH_DATE: 6, CodePart.EXPIRY_YEAR: 4, CodePart.SECURITY_CODE: 4}


class CodeForm:
    """One entry of the printed code. `wipe` overwrites what was typed."""

    def __init__(self, card_expiry_year: int | None) -> None:
        self._year = card_expiry_year
        parts = list(CodePart) if card_expiry_year is None else [CodePart.BIRTH_DATE, CodePart.SECURITY_CODE]
        self.parts: tuple[CodePart, ...] = tuple(parts)
        self._typed = bytearray()
        self.no_such_day = False
        """The date just typed is none the calendar has: nothing was sent, no try was spent."""

    def __repr__(self) -> str:
        return f"CodeForm({len(self._typed)} of {self.length})"

    @property
    def length(self) -> int:
        return sum(LENGTHS[part] for part in self.parts)

    @property
    def complete(self) -> bool:
        return len(self._typed) == self.length

    def typed_of(self, part: CodePart) -> int:
        """How many digits of that part have been typed."""
        start = self._start(part)
        return min(max(len(self._typed) - start, 0), LENGTHS[part])

    def birth_digit(self, index: int) -> str:
        """The birth date alone may be looked at again, by who typed it; empty where nothing was typed yet."""
        return chr(self._typed[index]) if index < self.typed_of(CodePart.BIRTH_DATE) else ""

    def push(self, digit: int) -> None:
        """Ignored when full."""
        if not 0 <= digit <= 9:
            raise ValueError("a digit is 0 to 9")
        if not self.complete:
            self.no_such_day = False
            self._typed.append(ord("0") + digit)

    def pop(self) -> None:
        self.no_such_day = False
        if self._typed:
            self._typed[-1] = 0
            self._typed.pop()

    def take(self) -> bytearray | None:
        """The 14 digits, for the caller to overwrite; None where something is missing or no such day exists."""
        if not self.complete:
            return None
        year = bytearray(b"%04d" % self._year) if self._year is not None else bytearray()
        code = self._typed[:6] + year + self._typed[6:]
        fault: CodeFault | None = check_printed_code(code)
        self.wipe()
        if fault is not None:
            wipe_buffer(code)
            self.no_such_day = True
            return None
        return code

    def wipe(self) -> None:
        wipe_buffer(self._typed)
        self._typed = bytearray()
        self.no_such_day = False

    def _start(self, part: CodePart) -> int:
        before = self.parts[: self.parts.index(part)]
        return sum(LENGTHS[earlier] for earlier in before)


CodeSource = Callable[[], CodeForm | None]
