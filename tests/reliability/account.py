"""What was shown and said at the counter, by the screen's own texts and offers: the session is not asked."""

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
class Said:
    """One reception's words."""

    yes: set[Item] = field(default_factory=set)
    """The last answer to it, given while it stood on the screen, is a yes."""
    taken_back: bool = False
    """ "Check in without sharing" was touched where it was offered."""

    @property
    def stands(self) -> set[Item]:
        return set() if self.taken_back else self.yes


class Account:
    """Listens to the conductor; holds the receptions that are not judged yet."""

    def __init__(self, speak: Speak, rules: Rules, begin: st.State) -> None:
        self._speak, self._rules = speak, rules
        self._state = begin
        self.said: dict[str, Said] = {}
        self.answers = 0

    def on_state(self, state: st.State) -> None:
        self._state = state

    def on_event(self, event: ev.Event) -> None:
        """Before the state it led to is told: what is on the screen is what was answered."""
        if isinstance(self._state, st.Idle) or not isinstance(
            event, ev.ShareAll | ev.ShareNone | ev.QuestionAnswered | ev.CheckInWithoutSharing
        ):
            return
        talk = talk_of(self._state, self._rules, self._speak)
        if all(offer.event != event for offer in talk.offers):
            return
        said = self.said.setdefault(event.reception, Said())
        self.answers += 1
        match event:
            case ev.ShareAll():
                said.yes |= self._on_screen(talk)
            case ev.ShareNone():
                said.yes -= self._on_screen(talk)
            case ev.QuestionAnswered(granted=True):
                said.yes |= self._on_screen(talk)
            case ev.QuestionAnswered():
                said.yes -= self._on_screen(talk)
            case ev.CheckInWithoutSharing():
                said.taken_back = True

    def _on_screen(self, talk: Talk) -> set[Item]:
        """Items whose question, or whose topic in the bundle, can be read there."""
        say = self._speak(talk.language)
        topics = {line.text for line in talk.body.lines if line.kind is LineKind.CHOICE}
        match self._state:
            case st.Consent(index=None, questions=questions):
                return _items(one for one in questions if say(f"topic.{one.topic}") in topics)
            case st.Consent(question=question) | st.SpecificDisease(question=question):
                return _read(question, talk, say)
            case st.Subsidies(question=question) | st.Limit(question=question):
                return _read(question, talk, say)
            case _:
                return set()


def _read(question: Question | None, talk: Talk, say: Words) -> set[Item]:
    if question is None or talk.body.question != say(f"question.{question.id}"):
        return set()
    return set(question.items)


def _items(questions: Iterable[Question]) -> set[Item]:
    return {item for question in questions for item in question.items}
