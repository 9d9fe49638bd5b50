"""Value formats in exchanged files. Each kind writes, reads and checks text.

Dates and times are in Japan time without a zone. Problems never contain the value, which may be patient data.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Protocol

from msgspec import Struct, field
from pydantic import AfterValidator

from config.japan import JAPAN
from terminal.handover.codes import Codes

INSURER_NUMBER_LENGTH: Final = 8
XML_SPACE: Final = " \t\r\n"


class Severity(StrEnum):
    ERROR = "error"
    """The file violates the layout. Readers are likely to reject or misread it."""
    WARNING = "warning"
    """Some readers reject or misread the file."""
    NOTE = "note"


class ValueProblem(Struct, frozen=True):
    expected: str
    severity: Severity = Severity.ERROR


class ValueKind(Protocol):
    """Format of a value."""

    @property
    def expected(self) -> str:
        """Description of the expected format, for messages."""
        ...

    def write(self, value: object) -> str: ...

    def read(self, text: str) -> object:
        """Parse text. Raises ValueError without quoting the text."""
        ...

    def problems(self, text: str) -> Iterator[ValueProblem]:
        """Yield the problems with text that `read` accepts."""
        ...


def _to_japan(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("the time must be timezone-aware")
    try:
        return value.astimezone(JAPAN).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


Timestamp = Annotated[datetime, AfterValidator(_to_japan)]
"""Japan time in whole seconds."""


def format_date(value: date) -> str:
    return f"{value.year:04}{value.month:02}{value.day:02}"


def format_timestamp(value: datetime) -> str:
    """Format a time as yyyyMMddHHmmss. Raises ValueError for a naive time."""
    value = _to_japan(value)
    return f"{format_date(value)}{value.hour:02}{value.minute:02}{value.second:02}"


def pad_insurer_number(value: str) -> str:
    """Pad an insurer number with spaces on the left to eight characters."""
    return value.rjust(INSURER_NUMBER_LENGTH)


_EIGHT_DIGITS = re.compile("[0-9]{8}")
_FOURTEEN_DIGITS = re.compile("[0-9]{14}")


class TextKind(Struct, frozen=True):
    max_length: int | None = None
    note: str = ""

    @property
    def expected(self) -> str:
        limit = f"text of at most {self.max_length} characters" if self.max_length else "text"
        return f"{limit}, {self.note}" if self.note else limit

    def write(self, value: object) -> str:
        return str(value)

    def read(self, text: str) -> str:
        return text.strip(XML_SPACE)

    def problems(self, text: str) -> Iterator[ValueProblem]:
        if self.max_length is not None and len(text.strip(XML_SPACE)) > self.max_length:
            yield ValueProblem(self.expected)


class PatternKind(TextKind, frozen=True):
    pattern: str = ""
    severity: Severity = Severity.ERROR

    @property
    def expected(self) -> str:
        return self.note

    def problems(self, text: str) -> Iterator[ValueProblem]:
        if not re.fullmatch(self.pattern, text.strip(XML_SPACE)):
            yield ValueProblem(self.note, self.severity)


def digits(count: int) -> PatternKind:
    return PatternKind(note=f"{count} digits", pattern=f"[0-9]{{{count}}}")


class CodeKind(TextKind, frozen=True):
    codes: Codes = field(default_factory=lambda: Codes("", ()))

    @property
    def expected(self) -> str:
        return str(self.codes)

    def problems(self, text: str) -> Iterator[ValueProblem]:
        if text.strip(XML_SPACE) not in self.codes:
            yield ValueProblem(self.expected)


class VendorCodeKind(CodeKind, frozen=True):
    """Code with additional values that vendors' programs write to their own files."""

    vendor_values: tuple[str, ...] = ()

    def problems(self, text: str) -> Iterator[ValueProblem]:
        if text.strip(XML_SPACE) in self.vendor_values:
            expected = f"{self.codes}; {' and '.join(self.vendor_values)} are vendor-specific, not used by the service"
            yield ValueProblem(expected, Severity.NOTE)
        else:
            yield from CodeKind.problems(self, text)


def code(codes: Codes) -> CodeKind:
    return CodeKind(codes=codes)


class InsurerNumberKind(TextKind, frozen=True):
    """Insurer number. The text is padded, the value is not."""

    @property
    def expected(self) -> str:
        return "8 characters: the digits, padded with spaces on the left"

    def write(self, value: object) -> str:
        return pad_insurer_number(str(value))

    def problems(self, text: str) -> Iterator[ValueProblem]:
        number = text.strip(XML_SPACE)
        if not re.fullmatch("[0-9]{1,8}", number):
            yield ValueProblem(self.expected)
        elif len(text.strip("\t\r\n")) != INSURER_NUMBER_LENGTH or not text.strip("\t\r\n").endswith(number):
            yield ValueProblem(self.expected, Severity.WARNING)
        elif number.startswith("00"):
            yield ValueProblem("padding with spaces instead of zeros", Severity.WARNING)


class DateKind(Struct, frozen=True):
    expected: str = "a date as yyyyMMdd"

    def write(self, value: object) -> str:
        assert isinstance(value, date)
        return format_date(value)

    def read(self, text: str) -> date:
        text = text.strip(XML_SPACE)
        if not _EIGHT_DIGITS.fullmatch(text):
            raise ValueError("not yyyyMMdd")
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))

    def problems(self, text: str) -> Iterator[ValueProblem]:
        yield from ()


class TimestampKind(Struct, frozen=True):
    expected: str = "a time as yyyyMMddHHmmss, Japan time"

    def write(self, value: object) -> str:
        assert isinstance(value, datetime)
        return format_timestamp(value)

    def read(self, text: str) -> datetime:
        text = text.strip(XML_SPACE)
        if not _FOURTEEN_DIGITS.fullmatch(text):
            raise ValueError("not yyyyMMddHHmmss")
        parts = int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:])
        return datetime(*parts, tzinfo=JAPAN)

    def problems(self, text: str) -> Iterator[ValueProblem]:
        yield from ()


TEXT: Final = TextKind()
SYMBOL: Final = TextKind(20)
NUMBER: Final = TextKind(20)
BRANCH: Final = digits(2)
INSTITUTION: Final = digits(10)
INSURER: Final = InsurerNumberKind()
DATE: Final = DateKind()
TIMESTAMP: Final = TimestampKind()
MONTH: Final = PatternKind(note="a month as yyyyMM", pattern="[0-9]{4}(0[1-9]|1[0-2])")
NAME: Final = PatternKind(
    note="family and given name with a full-width space between them", pattern=r"[^ ]*　[^ ]*", severity=Severity.NOTE
)
KANA: Final = PatternKind(
    note="half-width katakana, with a half-width space between family and given name",
    pattern=r"[\uff61-\uff9f A-Za-z0-9().,\-]*",
    severity=Severity.WARNING,
)
POST_NUMBER: Final = PatternKind(note="123-4567", pattern="[0-9]{3}-[0-9]{4}", severity=Severity.WARNING)
COUNT: Final = PatternKind(note="a number", pattern="[0-9]{1,9}")
