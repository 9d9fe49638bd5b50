"""PIN entry, verification and signature. See last_try.py for the confirmation before the last try."""

from msgspec.structs import replace

from terminal.failures import card_failure_problem, refusal_problem
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.choosing import begin_face, begin_pin, choose, offer_methods
from terminal.session.effects import VerifyPinAndSign
from terminal.session.events import (
    Back,
    CardFailed,
    ChallengeFetched,
    Event,
    FaceChosen,
    LastTryConfirmed,
    PinEntered,
    PinForgotten,
    PinRefused,
    PinSigned,
    ServiceRefused,
    ServiceUnavailable,
)
from terminal.session.last_try import asks_before_last_try, confirm_last_try
from terminal.session.methods import available_methods, without_pin
from terminal.session.moves import Step, await_challenge, deadline_for, has_challenge, to_problem
from terminal.session.opening import open_check
from terminal.session.rules import Now, Rules
from terminal.session.states import MethodReason, Opening, PinEntry, PinPhase


def pin_entry(state: PinEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case LastTryConfirmed() if asks_before_last_try(state):
            return confirm_last_try(state, rules, now)
        case PinEntered() if state.phase is PinPhase.TYPING and not asks_before_last_try(state):
            return _submit_pin(state, rules, now)
        case ChallengeFetched() if state.phase is PinPhase.FETCHING:
            return _verify_and_sign(state, rules, now)
        case ServiceUnavailable() if state.phase is PinPhase.FETCHING:
            return to_problem(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case ServiceRefused(reason=reason) if state.phase is PinPhase.FETCHING:
            return to_problem(reception, refusal_problem(reason), rules, now)
        case PinSigned():
            return open_check(reception, Way.PHONE if reception.by_phone else Way.PIN, rules, now)
        case PinRefused(left=0, sent=sent):
            why = MethodReason.PIN_LOCKED_NOW if sent else without_pin(reception, rules)
            return choose(replace(reception, pin_left=0), rules, now, why)
        case PinRefused(left=left, sent=sent):
            next_step = begin_pin(replace(reception, pin_left=left), rules, now)
            assert isinstance(next_step.state, PinEntry)
            return Step(replace(next_step.state, wrong=sent))
        case CardFailed(failure=failure):
            return to_problem(reception, card_failure_problem(failure), rules, now)
        case FaceChosen() if state.phase is PinPhase.TYPING and Way.FACE in available_methods(reception, rules):
            return begin_face(reception, rules, now)
        case Back() if state.phase is PinPhase.TYPING and len(available_methods(reception, rules)) > 1:
            return choose(reception, rules, now)
        case PinForgotten() if state.phase is PinPhase.TYPING:
            return offer_methods(reception, available_methods(reception, rules), MethodReason.PIN_FORGOTTEN, rules, now)
        case _:
            return Step(state)


def _submit_pin(state: PinEntry, rules: Rules, now: Now) -> Step:
    """Fetch a challenge if needed before VERIFY and SIGN. If the service does not answer, no try is used."""
    if has_challenge(state.reception, rules, now):
        return _verify_and_sign(state, rules, now)
    reception, fetching, effects = await_challenge(state.reception)
    deadline = deadline_for(Opening, reception, rules, now)
    return Step(
        replace(state, reception=reception, waiting=fetching, phase=PinPhase.FETCHING, deadline=deadline), effects
    )


def _verify_and_sign(state: PinEntry, rules: Rules, now: Now) -> Step:
    reception, number = state.reception.next_effect()
    deadline = deadline_for(Opening, reception, rules, now)
    return Step(
        replace(state, reception=reception, waiting=number, phase=PinPhase.VERIFYING, deadline=deadline),
        (VerifyPinAndSign(reception.id, number, reception.card, state.left),),
    )
