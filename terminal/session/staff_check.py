"""Handle staff's visual comparison of photo and person."""

from terminal.qualification.contract import Way
from terminal.session.events import Event, StaffConfirmed, StaffRejected
from terminal.session.moves import Step, leave
from terminal.session.opening import prove_by_chip
from terminal.session.rules import Now, Rules
from terminal.session.states import StaffCheck


def staff_check(state: StaffCheck, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case StaffConfirmed(reason=reason) if reason.strip() and state.reception.staff_at_terminal:
            return prove_by_chip(state.reception, Way.STAFF, reason.strip(), rules, now)
        case StaffRejected():
            return leave(state.reception, rules, now)
        case _:
            return Step(state)
