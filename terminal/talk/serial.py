"""Number what is asked, so that a touch answers only the question it was meant for."""

from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import FaceCheck, Idle, PinEntry, PrintedCodeEntry, Problem, State
from terminal.talk.parts import Offer, Remark, Talk
from terminal.talk.view import starting, talk_of
from terminal.words.catalogue import Speak

SETTLE_SECONDS = 0.35
"""A question counts as read only after this long: a double tap must not answer the next one too."""


class Talks:
    """Turns states into numbered `Talk`s and touches into events. One per front end.

    The serial changes with the state (its kind, the reception, what is asked) and with the answers offered. Guidance,
    progress, countdown, notices and language keep it. `now` is monotonic seconds.
    """

    def __init__(self, speak: Speak, *, language: str, settle_seconds: float = SETTLE_SECONDS) -> None:
        self.talk: Talk = starting(language, speak)
        """The one to draw."""
        self._speak, self._settle_seconds = speak, settle_seconds
        self._asked: object = None
        self._settled_at = 0.0

    def show(self, state: State, rules: Rules, now: float, *, remark: Remark = Remark.NONE) -> Talk:
        """Return the talk of the state; it is the present one from here on."""
        talk = talk_of(state, rules, self._speak, remark=remark)
        asked = _asked(state, talk)
        serial = self.talk.serial
        if asked != self._asked:
            self._asked, self._settled_at = asked, now + self._settle_seconds
            serial += 1
        self.talk = talk.numbered(serial)
        return self.talk

    def is_present(self, serial: int) -> bool:
        """Return whether that question is the one being asked: a digit typed for another one must not count."""
        return serial == self.talk.serial

    def is_settled(self, serial: int, now: float) -> bool:
        """Return whether that question is being asked, and has been long enough to be answered."""
        return self.is_present(serial) and now >= self._settled_at

    def event(self, serial: int, offer_id: str, now: float) -> Event | None:
        """Return what a touch means, or None: another question, one not settled yet, or nothing that is offered.

        On None nothing happens and the front end says "not yet" (`Remark.NOT_YET`).
        """
        if not self.is_settled(serial, now):
            return None
        return next((offer.event for offer in (*self.talk.offers, *self.talk.keys) if offer.id == offer_id), None)


def _asked(state: State, talk: Talk) -> object:
    """Return what distinguishes this question from the previous one, in any language."""
    reception = "" if isinstance(state, Idle) else state.reception.id
    return type(state), reception, talk.body.pad, _meanings(talk.body.offers), _within(state)


def _meanings(offers: tuple[Offer, ...]) -> tuple[tuple[str, Event], ...]:
    return tuple((offer.id, offer.event) for offer in offers)


def _within(state: State) -> object:
    """What counts as a new question although kind and answers are the same."""
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
