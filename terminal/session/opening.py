"""Open the check: challenge, chip proof, service response and first ledger record."""

from msgspec.structs import replace

from consent.records import Cause
from terminal.failures import card_failure_problem, refusal_problem
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus, Purpose, Way
from terminal.session import card_left
from terminal.session.asking import applicable_items, ask, decide
from terminal.session.effects import (
    AlertStaff,
    OpenCheck,
    ProveChip,
    RecordOpenedCheck,
    RegisterCard,
    WipeCode,
)
from terminal.session.events import (
    CardFailed,
    ChallengeFetched,
    CheckOpened,
    ChipSigned,
    Event,
    LedgerFailed,
    OpenedCheckRecorded,
    Registered,
    RegistrationDeclined,
    RegistrationRequested,
    ServiceRefused,
    ServiceUnavailable,
    Understood,
)
from terminal.session.moves import (
    Step,
    await_challenge,
    deadline_for,
    discard,
    has_challenge,
    release_and_wipe,
    to_problem,
)
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    Check,
    Complete,
    Inquiry,
    Notice,
    Opening,
    OpeningPhase,
    Outcome,
    Reception,
    Registration,
)


def prove_by_chip(reception: Reception, way: Way, reason: str, rules: Rules, now: Now) -> Step:
    """Have chip and terminal sign a challenge after a face match or confirmation by staff. Fetch one if needed."""
    deadline = deadline_for(Opening, reception, rules, now)
    state = Opening(reception=reception, deadline=deadline, way=way, phase=OpeningPhase.FETCHING, staff_reason=reason)
    if has_challenge(reception, rules, now):
        return _prove(state)
    reception, fetching, effects = await_challenge(reception)
    return Step(replace(state, reception=reception, waiting=fetching), effects)


def _prove(state: Opening) -> Step:
    reception, number = state.reception.next_effect()
    return Step(
        replace(state, reception=reception, waiting=number, phase=OpeningPhase.PROVING),
        (ProveChip(reception.id, number, state.way, state.staff_reason),),
    )


def open_check(reception: Reception, way: Way, rules: Rules, now: Now) -> Step:
    reception, number = replace(reception, challenge_until=None).next_effect()
    return Step(
        Opening(
            reception=reception,
            deadline=deadline_for(Opening, reception, rules, now),
            waiting=number,
            way=way,
            phase=OpeningPhase.ASKING,
        ),
        (OpenCheck(reception.id, number, way, reception.purpose),),
    )


def opening(state: Opening, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case ChallengeFetched() if state.phase is OpeningPhase.FETCHING:
            return _prove(state)
        case ChipSigned():
            return open_check(reception, state.way, rules, now)
        case CardFailed(failure=failure):
            return to_problem(reception, card_failure_problem(failure), rules, now)
        case ServiceUnavailable() if state.phase in (OpeningPhase.FETCHING, OpeningPhase.ASKING):
            return to_problem(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case ServiceRefused(reason=reason) if state.phase in (OpeningPhase.FETCHING, OpeningPhase.ASKING):
            return to_problem(reception, refusal_problem(reason), rules, now)
        case CheckOpened(check_id=check_id, facts=facts):
            if reception.purpose is Purpose.INQUIRY:
                result = Inquiry(
                    reception=reception,
                    deadline=deadline_for(Inquiry, reception, rules, now),
                    registered=facts.registered,
                    valid=facts.valid,
                )
                return Step(result, release_and_wipe(reception))
            unused = (WipeCode(reception.id, 0),) if reception.has_unsent_code or rules.reads_ahead else ()
            reception, number = replace(reception, check=Check(check_id, facts), has_unsent_code=False).next_effect()
            return Step(
                replace(state, reception=reception, waiting=number, phase=OpeningPhase.RECORDING),
                (
                    RecordOpenedCheck(
                        reception.id,
                        number,
                        check_id,
                        state.way,
                        reception.face_matched,
                        *applicable_items(facts, rules),
                    ),
                    *unused,
                ),
            )
        case OpenedCheckRecorded():
            return after_open(reception, rules, now)
        case LedgerFailed():
            return to_problem(reception, ProblemCode.LEDGER_FAILED, rules, now)
        case _:
            return Step(state)


def after_open(reception: Reception, rules: Rules, now: Now) -> Step:
    """Show a notice if the certificate expires soon or has expired, otherwise continue."""
    assert reception.check is not None
    standing = reception.check.facts.standing
    if standing is CertificateStatus.VALID:
        return after_notice(reception, rules, now)
    return Step(Notice(reception=reception, deadline=deadline_for(Notice, reception, rules, now), standing=standing))


def after_notice(reception: Reception, rules: Rules, now: Now) -> Step:
    assert reception.check is not None
    facts = reception.check.facts
    if not facts.registered:
        if facts.standing is CertificateStatus.GRACE:
            refused = to_problem(reception, ProblemCode.GRACE_NO_REGISTRATION, rules, now)
            return Step(refused.state, discard(reception, "grace-not-registered") + refused.effects)
        return Step(Registration(reception=reception, deadline=deadline_for(Registration, reception, rules, now)))
    if not facts.valid:
        return decide(reception, Cause.NOTHING_ASKED, rules, now)
    return ask(reception, rules, now)


def notice(state: Notice, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case Understood():
            return after_notice(state.reception, rules, now)
        case _:
            return Step(state)


def registration(state: Registration, event: Event, rules: Rules, now: Now) -> Step:
    reception, check = state.reception, state.reception.check
    assert check is not None
    match event:
        case RegistrationRequested() if state.waiting is None:
            reception, number = reception.next_effect()
            return Step(
                replace(
                    state, reception=reception, waiting=number, deadline=deadline_for(Opening, reception, rules, now)
                ),
                (RegisterCard(reception.id, number, check.check_id),),
            )
        case RegistrationDeclined() if state.waiting is None:
            return decline_registration(reception, rules, now)
        case Registered(facts=facts):
            reception = replace(reception, check=replace(check, facts=facts))
            return after_notice(reception, rules, now)
        case ServiceUnavailable():
            return registration_failed(reception, ProblemCode.SERVICE_UNRESPONSIVE, rules, now)
        case ServiceRefused(reason=reason):
            return registration_failed(reception, refusal_problem(reason), rules, now)
        case _:
            return Step(state)


def registration_failed(reception: Reception, problem: ProblemCode, rules: Rules, now: Now) -> Step:
    failed = to_problem(reception, problem, rules, now)
    return Step(
        failed.state,
        (*discard(reception, "registration-failed"), *failed.effects, AlertStaff(reception.id, 0, problem.code)),
    )


def decline_registration(reception: Reception, rules: Rules, now: Now) -> Step:
    """End the reception without a result. The screen refers to the 資格確認書 (eligibility certificate)."""
    return Step(
        Complete(
            reception=reception,
            deadline=deadline_for(Complete, reception, rules, now),
            outcome=Outcome.REGISTRATION_DECLINED,
            shown_until=now.monotonic + rules.show_answers,
            **card_left.reminder_times(rules, now),
        ),
        discard(reception, "registration-declined") + release_and_wipe(reception),
    )
