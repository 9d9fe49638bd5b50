"""Derive answers from the questions shown and the patient's replies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.items import Answer, Item, Question, QuestionKind, Wording


@dataclass(frozen=True, slots=True)
class PatientReply:
    """A patient's most recent reply to a question."""

    granted: bool
    at: datetime
    """Time of the reply, timezone-aware."""
    wording: Wording | None = None
    """Wording on the screen at the time of the reply."""


def answers(questions: Iterable[Question], replies: Mapping[str, PatientReply]) -> tuple[Answer, ...]:
    """Return one answer per item of each question shown, in the order of the questions.

    `replies` is keyed by question id. An unanswered question is a refusal without a time. Replies to questions that
    were not shown are ignored. Raises ValueError if two questions cover the same item.
    """
    result: list[Answer] = []
    covered: set[Item] = set()
    for question in questions:
        reply = replies.get(question.id)
        for item in question.items:
            if item in covered:
                raise ValueError(f"{item}: covered by two questions")
            covered.add(item)
            granted = reply is not None and reply.granted
            result.append(Answer(item, granted, reply.at if reply else None, question.id))
    return tuple(result)


def unanswered(questions: Iterable[Question]) -> tuple[Answer, ...]:
    """Return a refusal for every item, for a reception interrupted before the decision."""
    return answers(questions, {})


def sharing_questions(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the questions answered by "all" and "none", which exclude certificates and the limit."""
    return tuple(question for question in questions if question.kind is QuestionKind.SHARING)
