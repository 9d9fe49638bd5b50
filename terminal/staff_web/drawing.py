"""What staff's page is told, in its language: plain values, no name, nothing of a face, no event."""

from datetime import datetime
from typing import Any

from terminal.front.calls import Call
from terminal.handover.folder import DeliveryFailure
from terminal.problems import ProblemCode
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
from terminal.staff_web.today import SETTLED, ReceptionStanding, Row
from terminal.talk.confirming import staff_reasons
from terminal.talk.parts import TalkContext
from terminal.talk.today import helps
from terminal.words.catalogue import Words

_BY_CODE = {problem.code: problem for problem in ProblemCode}
_NOT_PATIENTS = Submitting | Complete | Problem | Inquiry


def drawn_calls(calls: tuple[Call, ...], say: Words) -> list[dict[str, Any]]:
    return [
        {
            "id": call.id,
            "kind": call.kind.value,
            "text": say(f"call.{call.kind}"),
            "do": _what_to_do(call, say),
            "number": call.number,
            "code": call.code,
            "time": f"{call.at:%H:%M}",
        }
        for call in calls
    ]


def _what_to_do(call: Call, say: Words) -> str:
    problem = _BY_CODE.get(call.code)
    if call.kind == "trouble" and problem is not None:
        return say(problem.message_id)
    return say(f"call.{call.kind}.do")


def drawn_row(row: Row, say: Words, rules: Rules, trouble: DeliveryFailure | None, name: str) -> dict[str, Any]:
    return {
        "reception": row.reception,
        "number": row.number,
        "time": datetime.fromisoformat(row.at).strftime("%H:%M"),
        "standing": row.standing.value,
        "settled": row.standing in SETTLED,
        "text": say(f"standing.{row.standing}"),
        "code": row.code if row.standing is ReceptionStanding.PROBLEM else "",
        "why": _why(row, say, trouble),
        "helps": _helps(row, say, rules),
        "granted": [{"item": item.value, "label": say(f"item.{item.value}")} for item in row.granted],
        "withdrawn": [say(f"item.{item.value}") for item in row.withdrawn],
        "untold": row.untold,
        "mayWithdraw": row.may_withdraw,
        "noCard": say("nocard.row") if row.without_card else "",
        "name": name == "kept",
        "noName": say("name.none") if name == "none" else "",
    }


def _why(row: Row, say: Words, trouble: DeliveryFailure | None) -> str:
    match row.standing:
        case ReceptionStanding.PROBLEM if row.code in _BY_CODE:
            return say(_BY_CODE[row.code].message_id)
        case ReceptionStanding.UNDER_WAY:
            return say(f"state.{row.code}")
        case ReceptionStanding.LEFT if row.code:
            return say(f"left.{row.code}")
        case ReceptionStanding.HANDING_OVER if trouble is not None:
            return say(trouble.message_id)
        case ReceptionStanding.REFUSED if row.without_card:
            return ""
        case ReceptionStanding.REFUSED | ReceptionStanding.HELD_BACK:
            return row.code
        case _:
            return ""


def _helps(row: Row, say: Words, rules: Rules) -> list[str]:
    """What helps today."""
    if row.without_card:
        return [] if row.standing in SETTLED else [say("nocard.again")]
    if row.standing is ReceptionStanding.PROBLEM and row.code in _BY_CODE:
        problem = _BY_CODE[row.code]
        lines = helps(problem, TalkContext(say, rules))
        return [line.text for line in lines] or [say(f"{problem.message_id}.next")]
    if row.standing in (
        ReceptionStanding.AWAITING,
        ReceptionStanding.HANDING_OVER,
        ReceptionStanding.HELD_BACK,
        ReceptionStanding.EXPIRED,
        ReceptionStanding.REFUSED,
        ReceptionStanding.DECLINED,
        ReceptionStanding.INTERRUPTED,
    ):
        return [say(f"standing.{row.standing}.helps")]
    return []


def drawn_now(state: State, say: Words, rules: Rules, *, eye_allowed: bool) -> dict[str, Any]:
    """The reception under way, and what staff can do about it."""
    in_reception = not isinstance(state, Idle)
    reception = state.reception if not isinstance(state, Idle) else None
    can_eye = rules.staff_enabled and eye_allowed and _takes_staff(state)
    return {
        "reception": reception.id if reception else "",
        "number": reception.number if reception else 0,
        "text": say("state.staff-next" if isinstance(state, Idle) and state.staff else f"state.{type(state).__name__}"),
        "canEye": can_eye,
        "canDiscard": rules.staff_enabled and in_reception and not isinstance(state, _NOT_PATIENTS),
        "canStop": not in_reception,
    }


def _takes_staff(state: State) -> bool:
    match state:
        case Idle():
            return not state.staff and state.out_of_service is None
        case ChoosingMethod() | FaceCheck() | PinEntry(phase=PinPhase.TYPING):
            return not state.reception.by_phone
        case _:
            return False


def drawn_eye(state: State, say: Words, *, allowed: bool) -> dict[str, Any] | None:
    """The comparison by eye, or the code it waits for; None at any other time."""
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
