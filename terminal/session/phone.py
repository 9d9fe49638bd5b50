"""Certificates on phones. The phone verifies its owner and signs, or its PIN is typed at the terminal.

A phone has no face record and no printed code. Neither a face check nor a comparison by staff is possible.
"""

from msgspec.structs import replace

from reader.facts import Medium
from terminal.failures import card_failure_problem, refusal_problem
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.effects import SignWithPhone
from terminal.session.events import (
    CardFailed,
    ChallengeFetched,
    Event,
    PhoneRefused,
    PhoneSigned,
    ServiceRefused,
    ServiceUnavailable,
)
from terminal.session.moves import Step, await_challenge, deadline_for, has_challenge, to_problem
from terminal.session.opening import open_check
from terminal.session.rules import Now, Rules
from terminal.session.states import ChoosingMethod, MethodReason, Opening, PhoneCheck, PhonePhase, Reception


def phone_methods(reception: Reception) -> tuple[Way, ...]:
    assert reception.facts is not None
    usable = reception.facts.medium is Medium.PHONE_VERIFIES or reception.pin_left > 0
    return (Way.PHONE,) if usable else ()


def begin_phone_check(reception: Reception, rules: Rules, now: Now) -> Step:
    """Fetch the challenge first, so that the phone can sign immediately after verifying its owner."""
    state = PhoneCheck(
        reception=reception, deadline=deadline_for(Opening, reception, rules, now), phase=PhonePhase.FETCHING
    )
    if has_challenge(reception, rules, now):
        return _sign_on_phone(state, rules, now)
    reception, fetching, effects = await_challenge(reception)
    return Step(replace(state, reception=reception, waiting=fetching), effects)


def _sign_on_phone(state: PhoneCheck, rules: Rules, now: Now) -> Step:
    reception, number = state.reception.next_effect()
    deadline = deadline_for(PhoneCheck, reception, rules, now)
    return Step(
        replace(state, reception=reception, waiting=number, phase=PhonePhase.ON_PHONE, deadline=deadline),
        (SignWithPhone(reception.id, number, reception.card),),
    )


def phone_check(state: PhoneCheck, event: Event, rules: Rules, now: Now) -> Step:
    reception, fetching = state.reception, state.phase is PhonePhase.FETCHING
    match event:
        case ChallengeFetched() if fetching:
            return _sign_on_phone(state, rules, now)
        case ServiceUnavailable() if fetching:
            return to_problem(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case ServiceRefused(reason=reason) if fetching:
            return to_problem(reception, refusal_problem(reason), rules, now)
        case PhoneSigned():
            return open_check(reception, Way.PHONE, rules, now)
        case PhoneRefused():
            deadline = deadline_for(ChoosingMethod, reception, rules, now)
            why, offered = MethodReason.PHONE_NOT_CONFIRMED, phone_methods(reception)
            return Step(ChoosingMethod(reception=reception, deadline=deadline, methods=offered, why=why))
        case CardFailed(failure=failure):
            return to_problem(reception, card_failure_problem(failure), rules, now)
        case _:
            return Step(state)
