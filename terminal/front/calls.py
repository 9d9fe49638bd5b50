"""Calls to staff, open until staff respond."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from terminal.problems import ProblemCode
from terminal.session.effects import AlertStaff, Effect
from terminal.session.states import ChoosingMethod, Idle, Outcome, StaffCheck, State


class CallKind(StrEnum):
    PATIENT = "patient"
    CARD_LEFT = "card-left"
    DECISION = "decision"
    """Only staff can confirm the holder's identity. Closed automatically when the reception leaves this state."""
    NO_CARD_TODAY = "no-card-today"
    """The patient did not register the card or has no valid qualification."""
    NOT_DELIVERED = "not-delivered"
    """The patient is checked in, but the result has not reached the service or the receipt computer."""
    EXPIRED = "expired"
    """A decision could not be sent before its consents expired."""
    NOT_OURS = "not-ours"
    UNCERTAIN = "uncertain"
    """Uncertain handover: the receipt computer may or may not have received a result."""
    HANGS = "hangs"
    CLOCK = "clock"
    TROUBLE = "trouble"
    """Any other problem, identified by its code."""


_KINDS = {
    "called": CallKind.PATIENT,
    "card-left": CallKind.CARD_LEFT,
    "decision-expired": CallKind.EXPIRED,
    "handover-uncertain": CallKind.UNCERTAIN,
    Outcome.REGISTRATION_DECLINED.value: CallKind.NO_CARD_TODAY,
    Outcome.NOT_VALID.value: CallKind.NO_CARD_TODAY,
    Outcome.AWAITING.value: CallKind.NOT_DELIVERED,
    Outcome.DONE.value: CallKind.NOT_DELIVERED,
    Outcome.NOTHING_SHARED.value: CallKind.NOT_DELIVERED,
    ProblemCode.RESULT_NOT_OURS.code: CallKind.NOT_OURS,
    ProblemCode.HANDOVER_HANGS.code: CallKind.HANGS,
    ProblemCode.CLOCK_WRONG.code: CallKind.CLOCK,
}


@dataclass(frozen=True, slots=True)
class Call:
    """Call to staff. Contains no personal data."""

    id: int
    kind: CallKind
    number: int
    """The reception's number for the day, or 0 if the call is unrelated to the current reception."""
    code: str
    """Problem code, or empty."""
    at: datetime


class Calls:
    """Open calls, oldest first. `on_new` is called for each new call, `on_change` after every change."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._open: list[Call] = []
        self._last = 0
        self._state: State = Idle()
        self.on_new: list[Callable[[Call], object]] = []
        self.on_change: list[Callable[[], None]] = []

    @property
    def open(self) -> tuple[Call, ...]:
        return tuple(self._open)

    def update(self, state: State) -> None:
        """Update the calls. Call this for every state."""
        self._state = state
        number = 0 if isinstance(state, Idle) else state.reception.number
        waits = isinstance(state, StaffCheck) or (isinstance(state, ChoosingMethod) and not state.methods)
        for call in self.open:
            if call.kind is CallKind.DECISION and not (waits and call.number == number):
                self._remove(call)
        if waits:
            self._add(CallKind.DECISION, number, "")

    def handle_effect(self, effect: Effect) -> None:
        """Add a call if the effect alerts staff. Call this for every effect."""
        if not isinstance(effect, AlertStaff):
            return
        state = self._state
        is_current = not isinstance(state, Idle) and effect.reception == state.reception.id
        number = state.reception.number if is_current and not isinstance(state, Idle) else 0
        code = effect.reason if effect.reason.startswith("U-") else ""
        self._add(_KINDS.get(effect.reason, CallKind.TROUBLE), number, code)

    def answer(self, id: int) -> None:
        """Close the call after staff have responded."""
        for call in self.open:
            if call.id == id:
                self._remove(call)

    def close_delivered(self, delivered: Container[int]) -> None:
        """Close the not-delivered calls for these receptions, whose results have now been delivered."""
        for call in self.open:
            if call.kind is CallKind.NOT_DELIVERED and call.number in delivered:
                self._remove(call)

    def _add(self, kind: CallKind, number: int, code: str) -> None:
        if any((call.kind, call.number, call.code) == (kind, number, code) for call in self._open):
            return
        self._last += 1
        call = Call(self._last, kind, number, code, self._wall())
        self._open.append(call)
        for on_new in self.on_new:
            on_new(call)
        self._changed()

    def _remove(self, call: Call) -> None:
        self._open.remove(call)
        self._changed()

    def _changed(self) -> None:
        for on_change in self.on_change:
            on_change()
