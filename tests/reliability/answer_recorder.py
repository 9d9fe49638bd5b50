"""Record the patient's answers from the text and buttons on the screen, independently of the session."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consent.items import Item, Question
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.talk.parts import LineKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import Speak, Words


@dataclass(slots=True)
class PatientAnswers:
    """Answers given in one reception."""

    yes: set[Item] = field(default_factory=set)
    """Items whose last answer was yes, given while the question was on the screen."""
    withdrawn: bool = False
    """ Whether "check in without sharing" was touched while offered."""

    @property
    def consented(self) -> set[Item]:
        return set() if self.withdrawn else self.yes


class AnswerRecorder:
    """Listen to the conductor and store each reception's answers until the judge has checked them."""

    def __init__(self, speak: Speak, rules: Rules, initial: st.State) -> None:
        self._speak, self._rules = speak, rules
        self._state = initial
        self.by_reception: dict[str, PatientAnswers] = {}
        self.answer_count = 0

    def on_state(self, state: st.State) -> None:
        self._state = state

    def on_event(self, event: ev.Event) -> None:
        """Record an answer. The event arrives while its question is still the current state."""
        if isinstance(self._state, st.Idle) or not isinstance(
            event, ev.ShareAll | ev.ShareNone | ev.QuestionAnswered | ev.CheckInWithoutSharing
        ):
            return
        talk = talk_for(self._state, self._rules, self._speak)
        if all(button.event != event for button in talk.buttons):
            return
        answers = self.by_reception.setdefault(event.reception, PatientAnswers())
        self.answer_count += 1
        match event:
            case ev.ShareAll():
                answers.yes |= self._on_screen(talk)
            case ev.ShareNone():
                answers.yes -= self._on_screen(talk)
            case ev.QuestionAnswered(granted=True):
                answers.yes |= self._on_screen(talk)
            case ev.QuestionAnswered():
                answers.yes -= self._on_screen(talk)
            case ev.CheckInWithoutSharing():
                answers.withdrawn = True

    def _on_screen(self, talk: Talk) -> set[Item]:
        """Return the items whose question or bundled topic is on the screen."""
        words = self._speak(talk.language)
        topics = {line.text for line in talk.body.lines if line.kind is LineKind.CHOICE}
        match self._state:
            case st.Consent(index=None, questions=questions):
                return _items(question for question in questions if words(f"topic.{question.topic}") in topics)
            case st.Consent(question=question) | st.SpecificDisease(question=question):
                return _items_in_question(question, talk, words)
            case st.Subsidies(question=question) | st.Limit(question=question):
                return _items_in_question(question, talk, words)
            case _:
                return set()


def _items_in_question(question: Question | None, talk: Talk, words: Words) -> set[Item]:
    if question is None or talk.body.question != words(f"question.{question.id}"):
        return set()
    return set(question.items)


def _items(questions: Iterable[Question]) -> set[Item]:
    return {item for question in questions for item in question.items}
