"""Observe one reception through the conductor's listeners."""

import asyncio

from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import states as st
from terminal.simulated.personas.persona import Expected


class ReceptionWatch:
    """What can be observed of one reception."""

    def __init__(self, resolved: tuple[ProblemCode, ...] = ()) -> None:
        """`resolved`: problems after which the reception starts again."""
        self._resolved = resolved
        self.reported: list[ProblemCode] = []
        self.states: list[st.State] = []
        self.back = asyncio.Event()
        self.last: st.State | None = None

    def state(self, state: st.State) -> None:
        if isinstance(state, st.Idle):
            if all(isinstance(earlier, st.Reading) for earlier in self.states):
                self.states.clear()  # a second card was placed before this one was read
            else:
                self.back.set()
            return
        if isinstance(state, st.Problem) and state.problem in self._resolved:
            self.reported.append(state.problem)
            self.states.clear()
            return
        self.states.append(state)
        if isinstance(state, st.Complete | st.Problem):
            self.last = self.last or state

    @property
    def way(self) -> Way | None:
        opened = [state for state in self.states if not isinstance(state, st.Idle) and state.reception.check]
        confirmed = [state.way for state in self.states if isinstance(state, st.Opening) and state.reception.check]
        return confirmed[-1] if opened and confirmed else None

    @property
    def asked(self) -> tuple[str, ...]:
        shown = [
            question.id for state in self.states if not isinstance(state, st.Idle) for question in state.reception.shown
        ]
        return tuple(dict.fromkeys(shown))

    @property
    def check_id(self) -> str | None:
        for state in reversed(self.states):
            if not isinstance(state, st.Idle) and state.reception.check is not None:
                return state.reception.check.check_id
        return None

    @property
    def language(self) -> str:
        """The language the patient was addressed in."""
        spoken = [state.reception.display.language for state in self.states if not isinstance(state, st.Idle)]
        return spoken[-1] if spoken else ""

    @property
    def outcome(self) -> st.Outcome | ProblemCode | None:
        match self.last:
            case st.Complete(outcome=outcome):
                return outcome
            case st.Problem(problem=problem):
                return problem
            case _:
                return None

    def ended_as(self, expected: Expected) -> bool:
        """Return whether it ended as expected; call it after the end."""
        right = self.outcome == expected.outcome and (self.way == expected.way or expected.way is None)
        if isinstance(self.last, st.Complete) and expected.flags is not None:
            right = right and all(expected.flags.get(item, given) == given for item, given in self.last.flags)
        return right
