"""Record what was shown and answered, from the texts and buttons of the screen rather than the session."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consent.items import Item, Question
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.talk.parts import LineKind, Talk
from terminal.talk.view import talk_of
from terminal.words.catalogue import Speak, Words


@dataclass(slots=True)
class Given:
    """The answers of one reception."""

    yes: set[Item] = field(default_factory=set)
    """Items whose last answer, given while the question was on the screen, is yes."""
    withdrawn: bool = False
    """ "Check in without sharing" was touched while offered."""

    @property
    def consented(self) -> set[Item]:
        return set() if self.withdrawn else self.yes


class Account:
    """Listen to the conductor and hold the answers of receptions not yet judged."""

    def __init__(self, speak: Speak, rules: Rules, begin: st.State) -> None:
        self._speak, self._rules = speak, rules
        self._state = begin
        self.given: dict[str, Given] = {}
        self.answers = 0

    def on_state(self, state: st.State) -> None:
        self._state = state

    def on_event(self, event: ev.Event) -> None:
        """Record an answer. Events arrive before the state they lead to, so the question is still on the screen."""
        if isinstance(self._state, st.Idle) or not isinstance(
            event, ev.ShareAll | ev.ShareNone | ev.QuestionAnswered | ev.CheckInWithoutSharing
        ):
            return
        talk = talk_of(self._state, self._rules, self._speak)
        if all(offer.event != event for offer in talk.offers):
            return
        given = self.given.setdefault(event.reception, Given())
        self.answers += 1
        match event:
            case ev.ShareAll():
                given.yes |= self._on_screen(talk)
            case ev.ShareNone():
                given.yes -= self._on_screen(talk)
            case ev.QuestionAnswered(granted=True):
                given.yes |= self._on_screen(talk)
            case ev.QuestionAnswered():
                given.yes -= self._on_screen(talk)
            case ev.CheckInWithoutSharing():
                given.withdrawn = True

    def _on_screen(self, talk: Talk) -> set[Item]:
        """Return the items whose question, or whose topic in the bundle, is on the screen."""
        say = self._speak(talk.language)
        topics = {line.text for line in talk.body.lines if line.kind is LineKind.CHOICE}
        match self._state:
            case st.Consent(index=None, questions=questions):
                return _items(question for question in questions if say(f"topic.{question.topic}") in topics)
            case st.Consent(question=question) | st.SpecificDisease(question=question):
                return _items_asked(question, talk, say)
            case st.Subsidies(question=question) | st.Limit(question=question):
                return _items_asked(question, talk, say)
            case _:
                return set()


def _items_asked(question: Question | None, talk: Talk, say: Words) -> set[Item]:
    if question is None or talk.body.question != say(f"question.{question.id}"):
        return set()
    return set(question.items)


def _items(questions: Iterable[Question]) -> set[Item]:
    return {item for question in questions for item in question.items}
