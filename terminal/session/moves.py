"""Transitions used by several states: beginning, leaving, problems and challenges."""

from typing import NamedTuple

from msgspec.structs import replace

from consent.items import AnsweredBy
from terminal.problems import ProblemCode
from terminal.session import card_left
from terminal.session.effects import (
    AlertStaff,
    Effect,
    FetchChallenge,
    ReadCard,
    ReadFront,
    RecordDiscarded,
    ReleaseCard,
    StopFaceCheck,
    StopScan,
    WipePatient,
)
from terminal.session.events import CardPresent
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    AfterIdle,
    CardShown,
    Display,
    Front,
    Idle,
    LeaveReason,
    Problem,
    Reading,
    Reception,
    State,
)


class Step(NamedTuple):
    state: State
    effects: tuple[Effect, ...] = ()


def deadline_for(kind: type[AfterIdle], reception: Reception, rules: Rules, now: Now) -> float:
    """Return when a state of this kind, entered now, times out. "More time" only extends waiting for the patient."""
    extended = reception.display.more_time and kind.__name__ not in _DEVICES
    return now.monotonic + rules.timeouts[kind.__name__] * (rules.more_time_factor if extended else 1)


def begin(idle: Idle, event: CardPresent, rules: Rules, now: Now) -> Step:
    """Start a reception with any previously shown code. Read the card and fetch a challenge in parallel."""
    card_shown = idle if isinstance(idle, CardShown) else None
    reception = Reception(
        id=event.reception,
        card=event.card,
        number=event.number,
        purpose=idle.purpose,
        display=idle.display,
        camera=idle.camera,
        staff=idle.staff,
        child=idle.child,
        proxy=idle.proxy,
        answered_by=AnsweredBy.PROXY if idle.proxy else None,
        shown_expiry=card_shown.expiry if card_shown else None,
        front=Front(card_shown.expiry, card_shown.pinless) if card_shown else None,
    )
    reception, reading = reception.next_effect()
    reception, fetching = reception.next_effect()
    reception = replace(reception, challenge_effect=fetching)
    front = (ReadFront(reception.id, 0),) if rules.reads_ahead and card_shown is None else ()
    return Step(
        Reading(reception=reception, deadline=deadline_for(Reading, reception, rules, now), waiting=reading),
        (
            ReadCard(reception.id, reading, reception.card, card_shown.shown if card_shown else ""),
            FetchChallenge(reception.id, fetching),
            *front,
        ),
    )


def has_challenge(reception: Reception, rules: Rules, now: Now) -> bool:
    """Return whether the reception has a challenge that remains valid long enough to be signed and sent."""
    expires_at = reception.challenge_until
    return expires_at is not None and expires_at - rules.challenge_margin > now.wall


def await_challenge(reception: Reception) -> tuple[Reception, int, tuple[Effect, ...]]:
    """Return the number of the fetch to wait for, in progress or new. Its challenge is signed even if it expires."""
    if reception.challenge_effect is not None:
        return reception, reception.challenge_effect, ()
    reception, number = reception.next_effect()
    return replace(reception, challenge_effect=number), number, (FetchChallenge(reception.id, number),)


def release_and_wipe(reception: Reception) -> tuple[Effect, ...]:
    """Release card and camera and overwrite the patient's data."""
    return (
        StopFaceCheck(reception.id, 0),
        StopScan(reception.id, 0),
        ReleaseCard(reception.id, 0),
        WipePatient(reception.id, 0),
    )


def leave(
    reception: Reception,
    rules: Rules,
    now: Now,
    *,
    staff: bool = False,
    left: LeaveReason | None = None,
    keep_display: bool = False,
    alerted: bool = False,
) -> Step:
    """Wipe the patient's data and return to the first screen, or begin with a card that has been put down.

    `left` is how the reception ended before the check was opened, shown on the first screen. `keep_display` keeps the
    display settings for a family member. `alerted` is whether staff were alerted to the card on the reader.
    """
    if keep_display:
        display = replace(reception.display, aloud=None)
    elif reception.display.voice and reception.next_card is None and (reception.card_in or left is not None):
        display = _with_voice(reception.display, rules)
    else:
        display = rules.first_display
    idle = Idle(
        display=display,
        camera=reception.camera,
        reader=reception.reader,
        staff=staff,
        mode_until=now.monotonic + rules.timeouts["StaffCheck"] if staff or keep_display else None,
        card_left=reception.card if reception.card_in else None,
        left=left,
        left_until=now.monotonic + rules.show_left if left is not None else None,
    )
    if reception.card_in:
        idle = replace(idle, **card_left.reminder_times(rules, now, alerted=alerted))
    cleanup = release_and_wipe(reception)
    if reception.next_card is None:
        return Step(idle, cleanup)
    next_step = begin(idle, reception.next_card, rules, now)
    return Step(next_step.state, cleanup + next_step.effects)


def _with_voice(display: Display, rules: Rules) -> Display:
    """Return the initial settings with the voice on, to announce the end of the reception and a forgotten card."""
    first = rules.first_display
    return replace(first, language=display.language, voice=True, slow=display.slow, volume=display.volume)


def to_problem(reception: Reception, problem: ProblemCode, rules: Rules, now: Now) -> Step:
    """Show the problem and immediately wipe all patient data."""
    effects = release_and_wipe(reception)
    if problem in _FOR_STAFF:
        effects += (AlertStaff(reception.id, 0, problem.code),)
    return Step(
        Problem(reception=reception, deadline=deadline_for(Problem, reception, rules, now), problem=problem), effects
    )


def discard(reception: Reception, reason: str) -> tuple[Effect, ...]:
    """Return the effect that records an opened check as discarded in the ledger."""
    if reception.check is None:
        return ()
    return (RecordDiscarded(reception.id, 0, reception.check.check_id, reason),)


_DEVICES = frozenset({"Reading", "Opening", "Submitting", "Complete"})
"""States that wait for a device or the service."""

_FOR_STAFF = frozenset(
    {
        ProblemCode.FORGED_RECORD,
        ProblemCode.MIXED_CARD,
        ProblemCode.TERMINAL_NOT_ENROLLED,
        ProblemCode.LEDGER_FAILED,
        ProblemCode.READER_LOST,
        ProblemCode.INTERNAL,
        ProblemCode.CARD_HELD,
        ProblemCode.CLOCK_WRONG,
    }
)
"""Problems that alert staff immediately."""
