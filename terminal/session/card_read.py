"""Handle the result of reading a card: refuse the card or offer the methods for confirming its holder."""

from msgspec.structs import replace

from config.settings import FaceAndPinPolicy
from reader.facts import CardFacts, Medium
from terminal.failures import card_failure_problem
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus
from terminal.qualification.grace import certificate_status
from terminal.session.choosing import choose
from terminal.session.effects import (
    StopScan,
    WipeCode,
)
from terminal.session.events import (
    CardFailed,
    CardRead,
    Event,
)
from terminal.session.moves import Step, to_problem
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    Reading,
    Reception,
)


def reading(state: Reading, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case CardFailed(failure=failure):
            return to_problem(state.reception, card_failure_problem(failure), rules, now)
        case CardRead(facts=facts):
            return _read(state.reception, facts, rules, now)
        case _:
            return Step(state)


def _read(reception: Reception, facts: CardFacts, rules: Rules, now: Now) -> Step:
    """Refuse the card or phone, or offer the methods. Wipe a previously shown code unless it matches this card."""
    was_shown = reception.shown_expiry is not None
    same_card = facts.medium is Medium.CARD and facts.card_expiry == reception.shown_expiry
    reception = replace(
        reception,
        facts=facts,
        pin_left=facts.pin_tries_left,
        code_left=facts.code_tries_left,
        shown_expiry=None,
        has_unsent_code=was_shown and same_card,
    )
    problem = _refusal(reception, facts, rules, now)
    if problem is not None:
        return to_problem(reception, problem, rules, now)
    next_step = choose(reception, rules, now)
    cleanup = (WipeCode(reception.id, 0),) if was_shown and not same_card else ()
    if rules.reads_ahead and reception.by_phone:
        cleanup = (*cleanup, StopScan(reception.id, 0))
    return Step(next_step.state, (*cleanup, *next_step.effects))


def _refusal(reception: Reception, facts: CardFacts, rules: Rules, now: Now) -> ProblemCode | None:
    """Return why the card is refused, or None. A phone has no grace period and no photo for a face check."""
    if reception.by_phone and (not rules.phone or rules.face_and_pin is FaceAndPinPolicy.ALWAYS):
        return ProblemCode.PHONE_NOT_TAKEN
    if facts.certificate_not_after is None:
        return None  # only readable after PIN verification on the phone; checked by the service
    certificate = certificate_status(facts.certificate_not_after, now.wall, rules.grace)
    usable = certificate is not None and not (reception.by_phone and certificate is CertificateStatus.GRACE)
    return None if usable else ProblemCode.CERTIFICATE_EXPIRED
