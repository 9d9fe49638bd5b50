"""Deriving answers from questions shown and replies given. Only items shown and answered yes are granted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.items import Answer, Item, Question, QuestionKind, Wording


@dataclass(frozen=True, slots=True)
class Given:
    """The patient's last reply to a question."""

    granted: bool
    at: datetime
    """Time of the reply, timezone-aware."""
    wording: Wording | None = None
    """Wording on the screen at the time of the reply."""


def answers(shown: Iterable[Question], given: Mapping[str, Given]) -> tuple[Answer, ...]:
    """Return one answer per item of each question shown, in that order.

    `given` is keyed by question id. A question shown but not answered counts as a refusal without a time. Replies to
    questions that were not shown are ignored. Raises ValueError if two questions cover the same item.
    """
    result: list[Answer] = []
    seen: set[Item] = set()
    for question in shown:
        reply = given.get(question.id)
        for item in question.items:
            if item in seen:
                raise ValueError(f"{item}: covered by two questions")
            seen.add(item)
            granted = reply is not None and reply.granted
            result.append(Answer(item, granted, reply.at if reply else None, question.id))
    return tuple(result)


def unanswered(shown: Iterable[Question]) -> tuple[Answer, ...]:
    """Answer every item with 0, as for a reception interrupted before the decision."""
    return answers(shown, {})


def sharing_questions(shown: Iterable[Question]) -> tuple[Question, ...]:
    """Return the sharing questions, which "all" and "none" answer. Certificates and the limit are not among them."""
    return tuple(question for question in shown if question.kind is QuestionKind.SHARING)
