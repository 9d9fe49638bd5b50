"""Number questions, so that a touch only answers the question that was on the screen."""

from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import FaceCheck, Idle, PinEntry, PrintedCodeEntry, Problem, State
from terminal.talk.parts import Button, Remark, Talk
from terminal.talk.view import starting_talk, talk_for
from terminal.words.catalogue import Speak

SETTLE_SECONDS = 0.35
"""Seconds before a new question accepts touches, so that a double tap does not answer it."""


class Talks:
    """Converts states to numbered `Talk`s and touches to events. Each front end has one instance.

    The serial changes with state type, reception, question and buttons. It does not change with guidance,
    progress, countdown, notices or language. `now` is in monotonic seconds.
    """

    def __init__(self, speak: Speak, *, language: str, settle_seconds: float = SETTLE_SECONDS) -> None:
        self.talk: Talk = starting_talk(language, speak)
        """The current talk."""
        self._speak, self._settle_seconds = speak, settle_seconds
        self._question: object = None
        self._settled_at = 0.0

    def show(self, state: State, rules: Rules, now: float, *, remark: Remark = Remark.NONE) -> Talk:
        """Return the talk for the state and make it the current one."""
        talk = talk_for(state, rules, self._speak, remark=remark)
        question = _question_key(state, talk)
        serial = self.talk.serial
        if question != self._question:
            self._question, self._settled_at = question, now + self._settle_seconds
            serial += 1
        self.talk = talk.numbered(serial)
        return self.talk

    def is_present(self, serial: int) -> bool:
        """Return whether this question is on the screen. Digits typed for other questions must be ignored."""
        return serial == self.talk.serial

    def is_settled(self, serial: int, now: float) -> bool:
        """Return whether this question has been on the screen long enough to be answered."""
        return self.is_present(serial) and now >= self._settled_at

    def event(self, serial: int, button_id: str, now: float) -> Event | None:
        """Return the event for a touch, or None if the touch is too early, for a different question or not offered.

        The front end responds to None with `Remark.TOO_EARLY`.
        """
        if not self.is_settled(serial, now):
            return None
        return next((button.event for button in (*self.talk.buttons, *self.talk.keys) if button.id == button_id), None)


def _question_key(state: State, talk: Talk) -> object:
    """Return a language-independent key that identifies this question."""
    reception = "" if isinstance(state, Idle) else state.reception.id
    return type(state), reception, talk.body.pad, _events(talk.body.buttons), _question_details(state)


def _events(buttons: tuple[Button, ...]) -> tuple[tuple[str, Event], ...]:
    return tuple((button.id, button.event) for button in buttons)


def _question_details(state: State) -> object:
    """Return the fields that distinguish questions with the same state type and answers."""
    match state:
        case Idle():
            return state.card_left is None, state.out_of_service, state.staff, state.purpose, state.child
        case PrintedCodeEntry():
            return state.wrong, state.reception.code_left
        case FaceCheck():
            return state.attempt
        case PinEntry():
            return state.left
        case Problem():
            return state.problem
        case _:
            return None
