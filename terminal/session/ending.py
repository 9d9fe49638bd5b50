"""End a reception: submission, completion, problems, inquiries and early leaving."""

from msgspec.structs import replace

from consent.records import Cause
from terminal.failures import refusal_problem
from terminal.problems import ProblemCode
from terminal.session import card_left
from terminal.session.asking import decide
from terminal.session.effects import AlertStaff, Deliver, Effect
from terminal.session.events import (
    Accepted,
    DecisionRecorded,
    DetailsRequested,
    Event,
    LedgerFailed,
    NextFamilyMember,
    ServiceRefused,
    ServiceUnavailable,
    StaffAuthenticated,
    Understood,
)
from terminal.session.moves import Step, deadline_for, discard, leave, release_and_wipe, to_problem
from terminal.session.opening import decline_registration, registration_failed
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    AfterIdle,
    Complete,
    Inquiry,
    LeaveReason,
    Opening,
    OpeningPhase,
    Outcome,
    PhoneCheck,
    PhonePhase,
    PinEntry,
    PinPhase,
    Problem,
    Reading,
    Reception,
    Registration,
    Submitting,
)


def submitting(state: Submitting, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case DecisionRecorded(unsigned=unsigned) if not state.recorded and reception.check is not None:
            check_id = reception.check.check_id
            if unsigned:
                flags = tuple((item, False) for item, _ in state.flags)
                state = replace(state, flags=flags, outcome=Outcome.NOTHING_SHARED)
            reception, number = reception.next_effect()
            return Step(
                replace(state, reception=reception, waiting=number, recorded=True),
                (Deliver(reception.id, number, check_id),),
            )
        case LedgerFailed() if not state.recorded:
            return to_problem(reception, ProblemCode.LEDGER_FAILED, rules, now)
        case Accepted(delivered=delivered):
            return complete(state, state.outcome, rules, now, delivered=delivered)
        case ServiceUnavailable():
            return complete(state, Outcome.AWAITING, rules, now, delivered=False)
        case ServiceRefused(reason=reason):
            return to_problem(reception, refusal_problem(reason), rules, now)
        case _:
            return Step(state)


def complete(state: Submitting, outcome: Outcome, rules: Rules, now: Now, *, delivered: bool) -> Step:
    """Wipe the patient's data and enter `Complete`."""
    effects: tuple[Effect, ...] = release_and_wipe(state.reception)
    if not delivered:
        effects += (AlertStaff(state.reception.id, 0, outcome.value),)
    return Step(
        Complete(
            reception=state.reception,
            deadline=deadline_for(Complete, state.reception, rules, now),
            outcome=outcome,
            flags=state.flags,
            delivered=delivered,
            shown_until=now.monotonic + rules.show_answers,
            **card_left.reminder_times(rules, now),
        ),
        effects,
    )


def complete_touch(state: Complete, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case DetailsRequested() if state.flags:
            shown_until = now.monotonic + rules.show_answers
            return Step(replace(state, details_until=shown_until, shown_until=max(state.shown_until, shown_until)))
        case NextFamilyMember():
            return leave(state.reception, rules, now, keep_display=True)
        case _:
            return Step(state)


def complete_tick(state: Complete, rules: Rules, now: Now) -> Step:
    """Remind the patient of the card. After it is removed, end the reception when the display time is over."""
    reception = state.reception
    if state.details_until is not None and now.monotonic >= state.details_until:
        state = replace(state, details_until=None)
    if not reception.card_in:
        return leave(reception, rules, now) if now.monotonic >= state.shown_until else Step(state)
    state, effects = card_left.remind(state, reception.id, rules, now)
    return Step(state, effects)


def problem(state: Problem, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case StaffAuthenticated() if rules.staff_enabled:
            return leave(state.reception, rules, now, staff=True)
        case _:
            return Step(state)


def inquiry(state: Inquiry, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case Understood():
            return leave(state.reception, rules, now)
        case _:
            return Step(state)


def give_up(state: AfterIdle, cause: Cause, rules: Rules, now: Now) -> Step:
    """Handle card removal, leaving or a timeout in a state that waits for the patient.

    Before the check is opened, store nothing and show on the first screen that the reception ended. Afterwards, submit
    the qualification, unless the card is not registered.
    """
    reception = state.reception
    if reception.check is None:
        return leave(reception, rules, now, left=_LEFT.get(cause))
    if not reception.check.facts.registered:
        return decline_registration(reception, rules, now)
    return decide(reception, cause, rules, now)


_LEFT = {
    Cause.CANCELLED: LeaveReason.LEFT,
    Cause.CARD_REMOVED: LeaveReason.CARD_REMOVED,
    Cause.TIMED_OUT: LeaveReason.TIMED_OUT,
}


def may_check_in(reception: Reception) -> bool:
    """Return whether leaving now checks the patient in without sharing, which requires an open check."""
    return reception.check is not None and reception.check.facts.registered


def reader_lost(state: AfterIdle, rules: Rules, now: Now) -> Step:
    """Handle a reader that was disconnected with a card on it, and alert staff."""
    reception = state.reception
    alert = AlertStaff(reception.id, 0, ProblemCode.READER_LOST.code)
    match state:
        case Submitting():
            return Step(state)
        case Complete():
            return complete_tick(state, rules, now)
        case Problem(problem=ProblemCode.CARD_GONE):
            # the card thread noticed the missing card before the watcher noticed the missing reader
            return Step(replace(state, problem=ProblemCode.READER_LOST), (alert,))
        case Problem() | Inquiry():
            return leave(reception, rules, now)
        case _ if reception.check is None:
            return to_problem(reception, ProblemCode.READER_LOST, rules, now)
        case _:
            next_step = give_up(state, Cause.READER_LOST, rules, now)
            return Step(next_step.state, (*next_step.effects, alert))


def staff_discards(state: AfterIdle, rules: Rules, now: Now) -> Step:
    next_step = leave(state.reception, rules, now)
    return Step(next_step.state, discard(state.reception, "by-staff") + next_step.effects)


def effect_failed(state: AfterIdle, rules: Rules, now: Now) -> Step:
    """Handle an internal error in the awaited effect. The outbox delivers a recorded decision."""
    if isinstance(state, Submitting) and state.recorded:
        return complete(state, Outcome.AWAITING, rules, now, delivered=False)
    return to_problem(state.reception, ProblemCode.INTERNAL, rules, now)


def timed_out(state: AfterIdle, rules: Rules, now: Now) -> Step:
    """Handle a timeout while waiting for a device or the patient."""
    reception = state.reception
    match state:
        case Reading():
            return to_problem(reception, ProblemCode.CARD_UNREADABLE, rules, now)
        case PinEntry(phase=PinPhase.VERIFYING) | Opening(phase=OpeningPhase.PROVING):
            return to_problem(reception, ProblemCode.CARD_UNREADABLE, rules, now)
        case PinEntry(phase=PinPhase.FETCHING) | Opening(phase=OpeningPhase.FETCHING | OpeningPhase.ASKING):
            return to_problem(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case Opening(phase=OpeningPhase.RECORDING):
            return to_problem(reception, ProblemCode.LEDGER_FAILED, rules, now)
        case PhoneCheck(phase=PhonePhase.FETCHING):
            return to_problem(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case Registration() if state.waiting is not None:
            return registration_failed(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case Submitting(recorded=True):
            return complete(state, Outcome.AWAITING, rules, now, delivered=False)
        case Submitting():
            return to_problem(reception, ProblemCode.LEDGER_FAILED, rules, now)
        case Complete() | Problem() | Inquiry():
            return leave(reception, rules, now, alerted=isinstance(state, Complete) and state.alert_at is None)
        case _:
            return give_up(state, Cause.TIMED_OUT, rules, now)
