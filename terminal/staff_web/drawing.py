"""Staff page content in its language, as plain values without names or face data."""

from typing import Any

from terminal.front.calls import Call
from terminal.front.row_words import PROBLEMS, remedies, why
from terminal.front.todays_receptions import NO_ACTION_NEEDED, ReceptionStatus, Row
from terminal.handover.folder import DeliveryFailure
from terminal.session.rules import Rules
from terminal.session.states import (
    ChoosingMethod,
    Complete,
    FaceCheck,
    Idle,
    Inquiry,
    PinEntry,
    PinPhase,
    PrintedCodeEntry,
    Problem,
    StaffCheck,
    State,
    Submitting,
)
from terminal.talk.staff_check import staff_reasons
from terminal.words.catalogue import Words

_AFTER_PATIENT = Submitting | Complete | Problem | Inquiry


def serialize_calls(calls: tuple[Call, ...], say: Words) -> list[dict[str, Any]]:
    return [
        {
            "id": call.id,
            "kind": call.kind.value,
            "text": say(f"call.{call.kind}"),
            "do": _instruction(call, say),
            "number": call.number,
            "code": call.code,
            "time": f"{call.at:%H:%M}",
        }
        for call in calls
    ]


def _instruction(call: Call, say: Words) -> str:
    problem = PROBLEMS.get(call.code)
    if call.kind == "trouble" and problem is not None:
        return say(problem.message_id)
    return say(f"call.{call.kind}.do")


def serialize_row(row: Row, say: Words, rules: Rules, failure: DeliveryFailure | None, name: str) -> dict[str, Any]:
    return {
        "reception": row.reception,
        "number": row.number,
        "time": row.time,
        "status": row.status.value,
        "settled": row.status in NO_ACTION_NEEDED,
        "text": say(f"reception-status.{row.status}"),
        "code": row.code if row.status is ReceptionStatus.PROBLEM else "",
        "why": why(row, say, failure),
        "instructions": remedies(row, say, rules),
        "granted": [{"item": item.value, "label": say(f"item.{item.value}")} for item in row.granted],
        "withdrawn": [say(f"item.{item.value}") for item in row.withdrawn],
        "serviceNotInformed": row.has_pending_withdrawal,
        "mayWithdraw": row.may_withdraw,
        "uncertain": row.status is ReceptionStatus.UNCERTAIN,
        "noCard": say("nocard.row") if row.without_card else "",
        "name": name == "kept",
        "noName": say("name.none") if name == "none" else "",
    }


def serialize_now(state: State, say: Words, rules: Rules, *, eye_allowed: bool) -> dict[str, Any]:
    """Return the current reception and the actions available to staff."""
    in_reception = not isinstance(state, Idle)
    reception = state.reception if not isinstance(state, Idle) else None
    can_eye = rules.staff_enabled and eye_allowed and _allows_by_eye(state)
    return {
        "reception": reception.id if reception else "",
        "number": reception.number if reception else 0,
        "text": say("state.staff-next" if isinstance(state, Idle) and state.staff else f"state.{type(state).__name__}"),
        "canEye": can_eye,
        "canDiscard": rules.staff_enabled and in_reception and not isinstance(state, _AFTER_PATIENT),
        "canStop": not in_reception,
    }


def _allows_by_eye(state: State) -> bool:
    match state:
        case Idle():
            return not state.staff and state.out_of_service is None
        case ChoosingMethod() | FaceCheck() | PinEntry(phase=PinPhase.TYPING):
            return not state.reception.by_phone
        case _:
            return False


def serialize_eye(state: State, say: Words, *, allowed: bool) -> dict[str, Any] | None:
    """Return the comparison by eye or the code entry that precedes it, or None."""
    match state:
        case StaffCheck():
            reasons = [{"id": reason, "label": say(f"staff.reason.{reason}")} for reason in staff_reasons(state)]
            return {
                "reception": state.reception.id,
                "number": state.reception.number,
                "photo": state.has_photo,
                "allowed": allowed,
                "reasons": reasons,
                "waits": "",
            }
        case PrintedCodeEntry() if state.reception.staff:
            return {
                "reception": state.reception.id,
                "number": state.reception.number,
                "photo": False,
                "allowed": allowed,
                "reasons": [],
                "waits": say("eye.code"),
            }
        case _:
            return None
