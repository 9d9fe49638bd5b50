"""Observe a reception through a conductor's state listener."""

import asyncio

from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import states as st
from terminal.simulated.personas.persona import Expected


class ReceptionWatch:
    """Records the states of a reception."""

    def __init__(self, resolved: tuple[ProblemCode, ...] = ()) -> None:
        """`resolved`: problems that do not end the visit. The reception starts again afterwards."""
        self._resolved = resolved
        self.reported: list[ProblemCode] = []
        self.states: list[st.State] = []
        self.returned_to_idle = asyncio.Event()
        self.last: st.State | None = None

    def observe(self, state: st.State) -> None:
        if isinstance(state, st.Idle):
            if all(isinstance(earlier, st.Reading) for earlier in self.states):
                self.states.clear()  # a second card was inserted before the first was read
            else:
                self.returned_to_idle.set()
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
        """How the holder was confirmed; None if no check was opened."""
        checked = [state for state in self.states if not isinstance(state, st.Idle) and state.reception.check]
        ways = [state.way for state in self.states if isinstance(state, st.Opening) and state.reception.check]
        return ways[-1] if checked and ways else None

    @property
    def asked(self) -> tuple[str, ...]:
        """Question ids in the order shown."""
        question_ids = [
            question.id for state in self.states if not isinstance(state, st.Idle) for question in state.reception.shown
        ]
        return tuple(dict.fromkeys(question_ids))

    @property
    def check_id(self) -> str | None:
        for state in reversed(self.states):
            if not isinstance(state, st.Idle) and state.reception.check is not None:
                return state.reception.check.check_id
        return None

    @property
    def language(self) -> str:
        """The language in use at the end of the reception."""
        languages = [state.reception.display.language for state in self.states if not isinstance(state, st.Idle)]
        return languages[-1] if languages else ""

    @property
    def outcome(self) -> st.Outcome | ProblemCode | None:
        match self.last:
            case st.Complete(outcome=outcome):
                return outcome
            case st.Problem(problem=problem):
                return problem
            case _:
                return None

    def matches(self, expected: Expected) -> bool:
        """Return whether the reception ended as expected. Call it after the reception has ended."""
        matching = self.outcome == expected.outcome and (self.way == expected.way or expected.way is None)
        if isinstance(self.last, st.Complete) and expected.flags is not None:
            matching = matching and all(expected.flags.get(item, flag) == flag for item, flag in self.last.flags)
        return matching
