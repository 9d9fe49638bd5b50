"""Cases, observations and verdicts of a conformance run, with text in Japanese and English."""

import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple


class Text(NamedTuple):
    """Text in both languages."""

    ja: str
    en: str


class Verdict(StrEnum):
    """The result of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not-judged"
    """The software picks up files but does not export the fields to judge."""


@dataclass(frozen=True, slots=True)
class Case:
    """A requirement for receipt software."""

    key: str
    title: Text
    expected: Text
    why: Text
    source: str
    fault: str = ""
    """The fault of the sample client that this case must detect, if any."""


@dataclass(frozen=True, slots=True)
class Observation:
    """An action of the software under test. `right` is None if the action is not judged."""

    text: Text
    right: bool | None = None


@dataclass(slots=True)
class CaseOutcome:
    """The observations and the verdict on one case."""

    case: Case
    observations: list[Observation] = field(default_factory=list)
    seconds: float = 0.0
    not_reported: bool = False
    """Whether an export lacked all fields that the case compares."""

    @property
    def verdict(self) -> Verdict:
        if any(observation.right is False for observation in self.observations):
            return Verdict.FAILED
        return Verdict.NOT_JUDGED if self.not_reported else Verdict.PASSED


def cases() -> tuple[Case, ...]:
    """Return all cases in running order."""
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
