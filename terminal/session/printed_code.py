"""Open the card's face record with the printed code, which is scanned or typed."""

from msgspec.structs import replace

from reader.facts import Authenticity
from terminal.failures import card_failure_problem
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.choosing import begin_face, begin_pin, begin_staff, choose, open_record
from terminal.session.effects import StopScan
from terminal.session.events import (
    CardFailed,
    CodeEntered,
    CodeNotScanned,
    CodeRefused,
    CodeScanned,
    CodeTypingChosen,
    Event,
    PinChosen,
    RecordOpened,
    ScanGuidance,
)
from terminal.session.methods import available_methods
from terminal.session.moves import Step, deadline_for, to_problem
from terminal.session.rules import Now, Rules
from terminal.session.states import Front, MethodReason, PrintedCodeEntry


def printed_code(state: PrintedCodeEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case CodeScanned(pinless=pinless):
            return open_record(_with_front(state, pinless), rules, now)
        case ScanGuidance(guidance=guidance):
            return Step(replace(state, guidance=guidance))
        case CodeNotScanned(pinless=pinless):
            return _type_code(_with_front(state, pinless), rules, now)
        case CodeTypingChosen() if state.scanning:
            # the resulting `CodeNotScanned` event switches to typing
            return Step(state, (StopScan(reception.id, 0),))
        case CodeEntered() if state.waiting is None:
            return open_record(state, rules, now)
        case RecordOpened(record=record):
            reception = replace(reception, record=record)
            if record.authenticity == Authenticity.FORGED:
                return to_problem(reception, ProblemCode.FORGED_RECORD, rules, now)
            if state.target is Way.FACE and not reception.staff and Way.FACE in available_methods(reception, rules):
                return begin_face(reception, rules, now)
            return choose(replace(reception, staff=state.target is Way.STAFF or reception.staff), rules, now)
        case CodeRefused(left=left):
            return _code_refused(state, left, rules, now)
        case CardFailed(failure=failure):
            return to_problem(reception, card_failure_problem(failure), rules, now)
        case PinChosen() if (state.waiting is None or state.scanning) and Way.PIN in available_methods(
            reception, rules
        ):
            next_step = begin_pin(reception, rules, now)
            stopped = (StopScan(reception.id, 0),) if state.scanning else ()
            return Step(next_step.state, (*stopped, *next_step.effects))
        case _:
            return Step(state)


def _with_front(state: PrintedCodeEntry, pinless: bool) -> PrintedCodeEntry:
    """Store what was read from the card's front if the card's expiry date is known."""
    reception = state.reception
    expiry = reception.facts.card_expiry if reception.facts is not None else None
    return (
        replace(state, reception=replace(reception, front=Front(expiry, pinless or reception.pinless)))
        if expiry
        else state
    )


def _type_code(state: PrintedCodeEntry, rules: Rules, now: Now) -> Step:
    """Switch to typing and extend the deadline."""
    deadline = deadline_for(PrintedCodeEntry, state.reception, rules, now)
    return Step(replace(state, waiting=None, scanning=False, guidance=None, deadline=deadline))


def _code_refused(state: PrintedCodeEntry, left: int, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, code_left=left)
    floor = 1 if state.target is Way.STAFF else rules.code_tries_floor
    if left >= floor:
        again = replace(state, reception=reception, waiting=None, wrong=True, why=MethodReason.NOTHING)
        return Step(replace(again, deadline=deadline_for(PrintedCodeEntry, reception, rules, now)))
    if state.target is Way.STAFF:
        return begin_staff(reception, rules, now)
    return choose(reception, rules, now, MethodReason.CODE_LOCKED)
