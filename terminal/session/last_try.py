"""The question before the last PIN try: a wrong PIN would lock it, so the patient confirms the try first."""

from msgspec.structs import replace

from terminal.session.moves import Step, deadline_for
from terminal.session.rules import Now, Rules
from terminal.session.states import PinEntry, PinPhase


def asks_before_last_try(state: PinEntry) -> bool:
    """Return whether the question is on the screen instead of the keypad; a PIN entered now is not sent."""
    return state.phase is PinPhase.TYPING and state.left == 1 and not state.last_confirmed


def confirm_last_try(state: PinEntry, rules: Rules, now: Now) -> Step:
    """Show the keypad, for this try only: `begin_pin` starts without a confirmation."""
    return Step(replace(state, last_confirmed=True, deadline=deadline_for(PinEntry, state.reception, rules, now)))
