"""Model of a conformance day: cases, observations, verdicts. Texts are in Japanese and English."""

import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple


class Text(NamedTuple):
    ja: str
    en: str


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not-judged"
    """The software picks up files but exports nothing about what it read."""


@dataclass(frozen=True, slots=True)
class Case:
    key: str
    title: Text
    expected: Text
    why: Text
    source: str
    fault: str = ""
    """The fault of our own faulty client that this case must find."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation. `right` is None if it is not judged."""

    text: Text
    right: bool | None = None


@dataclass(slots=True)
class CaseOutcome:
    case: Case
    seen: list[Seen] = field(default_factory=list)
    seconds: float = 0.0
    not_reported: bool = False
    """No export contains the fields that the case is about."""

    @property
    def verdict(self) -> Verdict:
        if any(one.right is False for one in self.seen):
            return Verdict.FAILED
        return Verdict.NOT_JUDGED if self.not_reported else Verdict.PASSED


def cases() -> tuple[Case, ...]:
    """Return all cases, in the order in which they are run."""
    text = files("terminal.simulated.conformance").joinpath("cases.toml").read_text(encoding="utf-8")
    return tuple(
        Case(
            key=key,
            title=Text(*entry["title"]),
            expected=Text(*entry["expected"]),
            why=Text(*entry["why"]),
            source=entry["source"],
            fault=entry.get("fault", ""),
        )
        for key, entry in tomllib.loads(text).items()
    )
