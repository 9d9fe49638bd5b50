"""Fake conductor whose state is set by the test and which records posted events."""

import asyncio
from collections.abc import Callable

from terminal.conductor.wiped_patient_data import Patient
from terminal.session.effects import Effect
from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import START, Idle, State
from tests.terminal.talk.gallery import RULES


class NoBacklog:
    failure = None

    def backlog(self) -> int:
        return 0


class StandIn:
    """Implements the conductor's public interface."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.state: State = START
        self.reader_name: str | None = "stand-in"
        self.card_held_by: tuple[str, ...] = ()
        self.delivery = NoBacklog()
        self.posted: list[Event] = []
        self.codes: list[bytes] = []
        self.pins: list[bytes] = []
        self._patient = Patient("r1")
        self._on_state: list[Callable[[State], None]] = []
        self._on_effect: list[Callable[[Effect], None]] = []
        self._stopped = asyncio.Event()

    @property
    def patient(self) -> Patient | None:
        return None if isinstance(self.state, Idle) else self._patient

    def listen(
        self, on_state: Callable[[State], None] | None = None, on_effect: Callable[[Effect], None] | None = None
    ) -> None:
        if on_state is not None:
            self._on_state.append(on_state)
        if on_effect is not None:
            self._on_effect.append(on_effect)

    def post(self, event: Event) -> None:
        self.posted.append(event)

    def enter_pin(self) -> None:
        if self._patient.pin.complete:
            self.pins.append(bytes(self._patient.pin.take()))

    def enter_code(self, digits: bytearray) -> None:
        self.codes.append(bytes(digits))

    async def run(self) -> None:
        await self._stopped.wait()

    def stop(self) -> None:
        self._stopped.set()

    # --- test methods ---------------------------------------------------------------------------------------

    def set_state(self, state: State) -> None:
        self.state = state
        for on_state in self._on_state:
            on_state(state)

    def perform(self, effect: Effect) -> None:
        for on_effect in self._on_effect:
            on_effect(effect)

    def new_patient(self) -> Patient:
        self._patient = Patient("r1")
        return self._patient
