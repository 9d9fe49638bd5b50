"""Result of a check: a grade, a one-line description and a remedy, without patient data."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    OK = "OK"
    WARN = "WARN"
    """Works at least partly, but needs attention."""
    BAD = "BAD"
    """Receptions fail or will fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    text: str
    remedy: str = ""
    """The next step; empty if nothing is wrong."""


def fine(text: str) -> Finding:
    return Finding(Grade.OK, text)


def doubtful(text: str, remedy: str) -> Finding:
    return Finding(Grade.WARN, text, remedy)


def bad(text: str, remedy: str) -> Finding:
    return Finding(Grade.BAD, text, remedy)
