"""Moves that several states share: issuing effects, beginning, leaving, problems."""

from dataclasses import replace
from typing import NamedTuple

from terminal.problems import ProblemCode
from terminal.session.effects import (
    AlertStaff,
    Effect,
    FetchChallenge,
    ReadCard,
    RecordDiscarded,
    ReleaseCard,
    StopFaceCheck,
    WipePatient,
)
from terminal.session.events import CardPresent
from terminal.session.rules import Now, Rules
from terminal.session.states import AfterIdle, Idle, Problem, Reading, Reception, State


class Step(NamedTuple):
    state: State
    effects: tuple[Effect, ...] = ()


def until(kind: type[AfterIdle], rules: Rules, now: Now) -> float:
    """When a state of that kind, entered now, gives up."""
    return now.monotonic + rules.timeouts[kind.__name__]


def begin(idle: Idle, event: CardPresent, rules: Rules, now: Now) -> Step:
    """A card is there: read it, and fetch a challenge meanwhile."""
    reception = Reception(
        id=event.reception,
        card=event.card,
        purpose=idle.purpose,
        display=idle.display,
        camera=idle.camera,
        staff=idle.staff,
    )
    reception, reading = reception.numbered()
    reception, fetching = reception.numbered()
    reception = replace(reception, challenge_effect=fetching)
    return Step(
        Reading(reception=reception, deadline=until(Reading, rules, now), waiting=reading),
        (ReadCard(reception.id, reading, reception.card), FetchChallenge(reception.id, fetching)),
    )


def has_challenge(reception: Reception, rules: Rules, now: Now) -> bool:
    """Whether a challenge is there that will last until it is signed and sent."""
    ends = reception.challenge_until
    return ends is not None and ends - rules.challenge_margin > now.wall


def want_challenge(reception: Reception) -> tuple[Reception, int, tuple[Effect, ...]]:
    """The fetch to wait for: the one under way, or a new one. What it brings is signed, however short-lived."""
    if reception.challenge_effect is not None:
        return reception, reception.challenge_effect, ()
    reception, number = reception.numbered()
    return replace(reception, challenge_effect=number), number, (FetchChallenge(reception.id, number),)


def put_away(reception: Reception) -> tuple[Effect, ...]:
    """Let go of card and camera and overwrite what belongs to the patient."""
    return (
        StopFaceCheck(reception.id, 0),
        ReleaseCard(reception.id, 0),
        WipePatient(reception.id, 0),
    )


def leave(reception: Reception, rules: Rules, now: Now, *, staff: bool = False) -> Step:
    """Back to idle, wiped; straight on to the next card if one was put down meanwhile."""
    idle = Idle(
        camera=reception.camera,
        staff=staff,
        mode_until=now.monotonic + rules.timeouts["StaffCheck"] if staff else None,
        card_left=reception.card if reception.card_in else None,
        remind_at=now.monotonic + rules.remind_every if reception.card_in else None,
    )
    ended = put_away(reception)
    if reception.next_card is None:
        return Step(idle, ended)
    following = begin(idle, reception.next_card, rules, now)
    return Step(following.state, ended + following.effects)


def to_problem(reception: Reception, problem: ProblemCode, rules: Rules, now: Now) -> Step:
    """Show the problem; everything of the patient is put away at once."""
    effects = put_away(reception)
    if problem in _FOR_STAFF:
        effects += (AlertStaff(reception.id, 0, problem.code),)
    return Step(Problem(reception=reception, deadline=until(Problem, rules, now), problem=problem), effects)


def discard(reception: Reception, reason: str) -> tuple[Effect, ...]:
    """The ledger's note that an opened check will not be decided."""
    if reception.check is None:
        return ()
    return (RecordDiscarded(reception.id, 0, reception.check.check_id, reason),)


_FOR_STAFF = frozenset(
    {
        ProblemCode.FORGED_RECORD,
        ProblemCode.MIXED_CARD,
        ProblemCode.TERMINAL_NOT_ENROLLED,
        ProblemCode.LEDGER_FAILED,
        ProblemCode.READER_LOST,
        ProblemCode.INTERNAL,
    }
)
"""Problems that staff should hear of at once, not only when the patient asks."""
