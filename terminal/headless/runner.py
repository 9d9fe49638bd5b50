"""Run receptions without a screen. An operator (a script or a person at a prompt) answers each Talk."""

import asyncio
import contextlib
import time
from typing import Protocol

from terminal.conductor.conductor import Conductor
from terminal.session.events import StaffAuthenticated
from terminal.session.states import Idle, State
from terminal.talk.parts import Button, Talk
from terminal.talk.question_numbers import Talks
from terminal.words.catalogue import Speak


class Controls(Protocol):
    """Actions that an operator can take at the counter."""

    def touch(self, talk: Talk, button: Button) -> bool:
        """Touch a button of `talk`. Return False if the terminal shows a different talk."""

    def type_pin(self, digits: str) -> bool:
        """Type the digits and press Enter. Return False if no reception is in progress."""

    def type_code(self, code: bytearray) -> None:
        """Type the printed code. The terminal takes ownership of the buffer."""

    def authenticate_staff(self) -> None:
        """Authenticate as staff, as if the correct password was typed."""

    def stop(self) -> None:
        """Stop the terminal."""


class Operator(Protocol):
    """Takes the place of the person in front of the terminal."""

    def on_talk(self, talk: Talk) -> None:
        """Called for every talk, in order."""

    async def act(self, talk: Talk, state: State, controls: Controls) -> None:
        """Act on the current talk. Cancelled when a different talk is shown."""


class HeadlessTerminal:
    """Runs the conductor and passes each talk to the operator."""

    def __init__(self, conductor: Conductor, operator: Operator, speak: Speak) -> None:
        self.conductor = conductor
        self.operator = operator
        self._talks = Talks(speak, language=conductor.rules.languages[0], settle_seconds=0.0)
        self._states: asyncio.Queue[State] = asyncio.Queue()
        conductor.listen(on_state=self._states.put_nowait)

    async def run(self) -> None:
        """Run until the conductor stops. Stop it cleanly if the operator raises an exception."""
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
        controls = _Controls(self.conductor, self._talks)
        state = self.conductor.state
        talk = self._show(state)
        while True:
            acting = asyncio.create_task(self.operator.act(talk, state, controls))
            try:
                talk, state = await self._next_question(talk, acting)
            finally:
                acting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await acting

    async def _next_question(self, talk: Talk, acting: "asyncio.Task[None]") -> tuple[Talk, State]:
        """Wait for a new question while the operator acts."""
        while True:
            changed = asyncio.create_task(self._states.get())
            await asyncio.wait({acting, changed}, return_when=asyncio.FIRST_COMPLETED)
            if acting.done():
                acting.result()
            state = await changed
            next_talk = self._show(state)
            if next_talk.serial != talk.serial:
                return next_talk, state

    def _show(self, state: State) -> Talk:
        talk = self._talks.show(state, self.conductor.rules, time.monotonic())
        self.operator.on_talk(talk)
        return talk


class _Controls:
    def __init__(self, conductor: Conductor, talks: Talks) -> None:
        self._conductor, self._talks = conductor, talks

    def touch(self, talk: Talk, button: Button) -> bool:
        event = self._talks.event(talk.serial, button.id, time.monotonic())
        if event is not None:
            self._conductor.post(event)
        return event is not None

    def type_pin(self, digits: str) -> bool:
        patient = self._conductor.patient
        if patient is None:
            return False
        for digit in digits:
            patient.pin.push(int(digit))
        self._conductor.enter_pin()
        return True

    def type_code(self, code: bytearray) -> None:
        self._conductor.enter_code(code)

    def authenticate_staff(self) -> None:
        state = self._conductor.state
        self._conductor.post(StaffAuthenticated("" if isinstance(state, Idle) else state.reception.id))

    def stop(self) -> None:
        self._conductor.stop()
