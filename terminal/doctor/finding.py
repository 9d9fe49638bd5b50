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
    said: str
    remedy: str = ""
    """The next step; empty if nothing is wrong."""


def fine(said: str) -> Finding:
    return Finding(Grade.OK, said)


def doubtful(said: str, remedy: str) -> Finding:
    return Finding(Grade.WARN, said, remedy)


def bad(said: str, remedy: str) -> Finding:
    return Finding(Grade.BAD, said, remedy)
