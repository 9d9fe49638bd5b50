"""A check's finding: grade, one-line description and remedy, without patient data."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    OK = "OK"
    WARN = "WARN"
    """Works, at least partly, but needs attention."""
    BAD = "BAD"
    """Receptions fail or will fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    text: str
    remedy: str = ""
    """Next step; empty if the check passed."""


def passed(text: str) -> Finding:
    return Finding(Grade.OK, text)


def warning(text: str, remedy: str) -> Finding:
    return Finding(Grade.WARN, text, remedy)


def failed(text: str, remedy: str) -> Finding:
    return Finding(Grade.BAD, text, remedy)
