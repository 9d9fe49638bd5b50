"""Remind the patient to take a card left on the reader after a reception, and call staff if it stays there."""

from typing import TypedDict, TypeVar

from msgspec.structs import replace

from terminal.session.effects import AlertStaff, Effect, RemindToTakeCard
from terminal.session.rules import Now, Rules
from terminal.session.states import Complete, Idle

StateT = TypeVar("StateT", Idle, Complete)


class ReminderTimes(TypedDict):
    """Times for the next reminder and the call to staff, in monotonic seconds. Both states have these fields."""

    remind_at: float
    alert_at: float | None


def reminder_times(rules: Rules, now: Now, *, alerted: bool = False) -> ReminderTimes:
    """Return the times for a card now on the reader. `alerted` is whether staff have been called."""
    return ReminderTimes(
        remind_at=now.monotonic + rules.remind_every,
        alert_at=None if alerted else now.monotonic + rules.alert_staff_after,
    )


def remind(state: StateT, reception: str, rules: Rules, now: Now) -> tuple[StateT, tuple[Effect, ...]]:
    """Remind the patient at regular intervals and call staff once. `reception` is empty on the first screen."""
    effects: tuple[Effect, ...] = ()
    if state.remind_at is not None and now.monotonic >= state.remind_at:
        state = replace(state, remind_at=now.monotonic + rules.remind_every)
        effects += (RemindToTakeCard(reception, 0),)
    if state.alert_at is not None and now.monotonic >= state.alert_at:
        state = replace(state, alert_at=None)
        effects += (AlertStaff(reception, 0, "card-left"),)
    return state, effects
