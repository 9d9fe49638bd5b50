"""From questions shown and what was touched to answers: granted only what was on the screen and answered yes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.items import Answer, Item, Question, QuestionKind, Wording


@dataclass(frozen=True, slots=True)
class Given:
    """The last thing the patient said to one question."""

    granted: bool
    at: datetime
    """With time zone."""
    wording: Wording | None = None
    """What was on the screen when it was answered."""


def answers(shown: Iterable[Question], given: Mapping[str, Given]) -> tuple[Answer, ...]:
    """Return one answer for each item of each question shown, in that order.

    `given` is keyed by question id. A question that was shown but not answered is a refusal without a time; an answer
    to a question that was not shown is ignored. Raises ValueError if two questions cover one item.
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
    """Answer 0 for every item, as for a reception that was interrupted before it was decided."""
    return answers(shown, {})


def of_sharing(shown: Iterable[Question]) -> tuple[Question, ...]:
    """Return what "all" and "none" cover: the sharing questions, never a certificate or the limit."""
    return tuple(question for question in shown if question.kind is QuestionKind.SHARING)
