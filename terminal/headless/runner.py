"""A reception without a screen: an operator - a script or somebody at a prompt - answers what the state asks."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Protocol

from terminal.conductor.conductor import Conductor
from terminal.session.states import Complete, FaceCheck, Idle, State


class Operator(Protocol):
    """Stands in for the hands before the terminal."""

    async def act(self, state: State, conductor: Conductor) -> None:
        """Do what one would do now; cancelled as soon as the state changes."""


class Headless:
    """Runs the conductor and lets the operator act on every new state."""

    def __init__(self, conductor: Conductor, operator: Operator) -> None:
        self.conductor = conductor
        self.operator = operator
        self._states: asyncio.Queue[State] = asyncio.Queue()
        conductor.listen(on_state=self._states.put_nowait)

    async def run(self) -> None:
        """Until the conductor stops. It is let wind up, also where the operator fails."""
        conducting = asyncio.create_task(self.conductor.run())
        acting = asyncio.create_task(self._act())
        try:
            done, _ = await asyncio.wait({conducting, acting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            acting.cancel()
            self.conductor.stop()
            await asyncio.gather(acting, conducting, return_exceptions=True)
        for task in done:
            task.result()

    async def _act(self) -> None:
        state = self.conductor.state
        while True:
            acting = asyncio.create_task(self.operator.act(state, self.conductor))
            try:
                state = await self._next_question(state, acting)
            finally:
                acting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await acting

    async def _next_question(self, state: State, acting: "asyncio.Task[None]") -> State:
        """The next state that asks something else: one that differs only in the background goes on being answered."""
        while True:
            changed = asyncio.create_task(self._states.get())
            await asyncio.wait({acting, changed}, return_when=asyncio.FIRST_COMPLETED)
            if acting.done():
                acting.result()
            following = await changed
            if _question(following) != _question(state):
                return following
            state = following


def _question(state: State) -> object:
    """The state without what the patient does not see."""
    if isinstance(state, Idle):
        return (Idle, state.card_left is not None, state.out_of_service, state.staff, state.purpose)
    changes: dict[str, object] = {"reception": None, "deadline": 0, "warned": False}
    if isinstance(state, FaceCheck):
        changes["progress"] = None
    if isinstance(state, Complete):
        changes |= {"remind_at": 0, "alert_at": None}
    return (state.reception.id, replace(state, **changes))  # type: ignore[arg-type]
