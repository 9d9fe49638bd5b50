"""Texts for staff about a reception: the reason for its state, and what to do."""

from terminal.front.today import NO_ACTION_NEEDED, ReceptionStanding, Row
from terminal.handover.folder import DeliveryFailure
from terminal.problems import ProblemCode
from terminal.session.rules import Rules
from terminal.talk.parts import TalkContext
from terminal.talk.today import help_lines
from terminal.words.catalogue import Words

PROBLEMS = {problem.code: problem for problem in ProblemCode}


def why(row: Row, say: Words, trouble: DeliveryFailure | None) -> str:
    """Return details of a reception's state. `trouble` is why results cannot be handed over."""
    match row.standing:
        case ReceptionStanding.PROBLEM if row.code in PROBLEMS:
            return say(PROBLEMS[row.code].message_id)
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


def remedies(row: Row, say: Words, rules: Rules) -> list[str]:
    """Return instructions for staff."""
    if row.without_card:
        return [] if row.standing in NO_ACTION_NEEDED else [say("nocard.again")]
    if row.standing is ReceptionStanding.PROBLEM and row.code in PROBLEMS:
        problem = PROBLEMS[row.code]
        lines = help_lines(problem, TalkContext(say, rules))
        return [line.text for line in lines] or [say(f"{problem.message_id}.next")]
    if row.standing in (
        ReceptionStanding.AWAITING,
        ReceptionStanding.HANDING_OVER,
        ReceptionStanding.ASTRAY,
        ReceptionStanding.CLOSED,
        ReceptionStanding.HELD_BACK,
        ReceptionStanding.EXPIRED,
        ReceptionStanding.REFUSED,
        ReceptionStanding.DECLINED,
        ReceptionStanding.INTERRUPTED,
    ):
        return [say(f"standing.{row.standing}.helps")]
    return []
