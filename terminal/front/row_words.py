"""Texts for staff about a reception: the reason for its state, and what to do."""

from terminal.front.todays_receptions import NO_ACTION_NEEDED, ReceptionStatus, Row
from terminal.handover.folder import DeliveryFailure
from terminal.problems import ProblemCode
from terminal.session.rules import Rules
from terminal.talk.no_card_today import help_lines
from terminal.talk.parts import TalkContext
from terminal.words.catalogue import Words

PROBLEMS = {problem.code: problem for problem in ProblemCode}


def why(row: Row, say: Words, failure: DeliveryFailure | None) -> str:
    """Return details of a reception's state. `failure` is why results cannot be handed over."""
    match row.status:
        case ReceptionStatus.PROBLEM if row.code in PROBLEMS:
            return say(PROBLEMS[row.code].message_id)
        case ReceptionStatus.UNDER_WAY:
            return say(f"state.{row.code}")
        case ReceptionStatus.LEFT if row.code:
            return say(f"left.{row.code}")
        case ReceptionStatus.HANDING_OVER if failure is not None:
            return say(failure.message_id)
        case ReceptionStatus.REFUSED if row.without_card:
            return ""
        case ReceptionStatus.REFUSED | ReceptionStatus.HELD_BACK:
            return row.code
        case _:
            return ""


def remedies(row: Row, say: Words, rules: Rules) -> list[str]:
    """Return instructions for staff."""
    if row.without_card:
        return [] if row.status in NO_ACTION_NEEDED else [say("nocard.again")]
    if row.status is ReceptionStatus.PROBLEM and row.code in PROBLEMS:
        problem = PROBLEMS[row.code]
        lines = help_lines(problem, TalkContext(say, rules))
        return [line.text for line in lines] or [say(f"{problem.message_id}.next")]
    if row.status in (
        ReceptionStatus.AWAITING,
        ReceptionStatus.HANDING_OVER,
        ReceptionStatus.UNCERTAIN,
        ReceptionStatus.CLOSED,
        ReceptionStatus.HELD_BACK,
        ReceptionStatus.EXPIRED,
        ReceptionStatus.REFUSED,
        ReceptionStatus.DECLINED,
        ReceptionStatus.INTERRUPTED,
    ):
        return [say(f"reception-status.{row.status}.instructions")]
    return []
