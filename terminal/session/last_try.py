"""Ask for confirmation before the last PIN try, because a wrong PIN would lock the PIN."""

from msgspec.structs import replace

from terminal.session.moves import Step, deadline_for
from terminal.session.rules import Now, Rules
from terminal.session.states import PinEntry, PinPhase


def asks_before_last_try(state: PinEntry) -> bool:
    """Return whether the screen shows the question instead of the keypad. A PIN entered now is ignored."""
    return state.phase is PinPhase.TYPING and state.left == 1 and not state.last_confirmed


def confirm_last_try(state: PinEntry, rules: Rules, now: Now) -> Step:
    """Show the keypad. The confirmation applies to this try only: `begin_pin` resets it."""
    return Step(replace(state, last_confirmed=True, deadline=deadline_for(PinEntry, state.reception, rules, now)))
