"""Run personas' receptions on any front end, with the real conductor and the service stub over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from msgspec.structs import replace

from consent.ledger import LedgerFile
from reader.softcard.card import SoftCard
from terminal.assembly import Devices, ledger_path, open_terminal, session_rules
from terminal.conductor.conductor import Conductor
from terminal.front.assembled import AssembledCounter
from terminal.headless.runner import Controls
from terminal.headless.transcript import Transcript
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.demo.scripted import ScriptedPatient
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.persona import Mishap, Persona
from terminal.simulated.service.misbehaviour import Operation
from terminal.talk.parts import Talk

RECEPTION_SECONDS = 90.0


class CounterControls(Controls, Protocol):
    """Collect the touches and key presses of a script and perform them on a front end."""

    def current_talk(self) -> Talk | None:
        """Return the talk on the screen, or None before the first one."""

    async def wait_until_drawn(self) -> None:
        """Wait until the talk is drawn and accepts touches."""

    async def perform(self) -> None:
        """Perform the collected actions."""


@asynccontextmanager
async def _deadline(persona: Persona, controls: CounterControls) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(RECEPTION_SECONDS):
            yield
    except TimeoutError:
        talk = controls.current_talk()
        raise AssertionError(f"{persona.name} is stuck at {talk.state if talk else 'the start'}") from None


class Day:
    """A terminal on which a test runs the receptions of several personas."""

    def __init__(self, counter: DemoCounter) -> None:
        self.counter, self.readers, self.stage = counter, SimulatedReaders(), SyntheticStage()
        self.conductor: Conductor
        self.states: list[st.State] = []

    async def open(self) -> AssembledCounter:
        devices = Devices(self.readers.slot, self.readers.scanner, self.stage.camera, self.stage.engine)
        self.conductor = open_terminal(
            self.counter.settings,
            devices,
            rules=replace(session_rules(self.counter.settings), show_answers=0.1, staff_enabled=True),
            anchors=self.counter.props.trust_anchors,
        )
        self.conductor.listen(on_state=self.states.append)
        return AssembledCounter(self.conductor, self.stage.camera)

    def prepare(self, persona: Persona) -> SoftCard:
        image = self.counter.props.card_for(persona, self.stage.portrait)
        self.counter.stub.publish(self.counter.props.registry_for(persona, self.stage.portrait))
        self.stage.show(persona)
        mishaps = {
            Mishap.SERVICE_SILENT_AT_OPENING: Operation.OPEN,
            Mishap.SERVICE_SILENT_AT_SUBMIT: Operation.SUBMIT,
        }
        if persona.script.mishap in mishaps:
            self.counter.stub.silence(mishaps[persona.script.mishap])
        return SoftCard(image.model_copy(deep=True))

    async def play(self, persona: Persona, controls: CounterControls) -> None:
        card = self.prepare(persona)
        self.states.clear()
        patient = ScriptedPatient(persona.script, Transcript(lambda _: None), take_card=self.readers.remove)
        language, state = persona.script.language, self.conductor.state
        if language and isinstance(state, st.Idle) and state.display.language != language:
            self.conductor.post(ev.DisplayChanged("", language=language))
        self.readers.insert(card)
        last_talk: Talk | None = None
        async with _deadline(persona, controls):
            while not (self._has_started() and isinstance(self.conductor.state, st.Idle)):
                await asyncio.sleep(0.02)
                state, talk = self.conductor.state, controls.current_talk()
                if (
                    talk is None
                    or talk == last_talk
                    or talk.state != type(state).__name__
                    or isinstance(state, st.Idle)
                ):
                    continue
                last_talk = talk
                await controls.wait_until_drawn()
                if controls.current_talk() != talk:
                    continue
                await patient.act(talk, state, controls)
                await controls.perform()
        self.readers.remove()
        self.counter.stub.clear_rules()

    def _has_started(self) -> bool:
        """Return whether the reception has started.

        Idle states do not count, because changing the language on the idle screen also records one.
        """
        return any(not isinstance(state, st.Idle) for state in self.states)

    def authenticate_staff(self) -> None:
        """Enter the staff password."""
        state = self.conductor.state
        assert not isinstance(state, st.Idle)
        self.conductor.post(ev.StaffAuthenticated(state.reception.id))

    def outcome(self) -> st.Outcome | Any:
        for state in self.states:
            if isinstance(state, st.Complete):
                return state.outcome
            if isinstance(state, st.Problem):
                return state.problem
        return None

    def language(self) -> str:
        return next(s.reception.display.language for s in reversed(self.states) if not isinstance(s, st.Idle))

    def flags(self) -> dict[Any, int] | None:
        checks = [s.reception.check for s in self.states if not isinstance(s, st.Idle) and s.reception.check]
        if not checks:
            return None
        history = LedgerFile(ledger_path(self.counter.settings)).history(checks[-1].check_id)
        if history is None or history.delivered is None:
            return None
        return dict(flags_in(self.counter.settings.results_dir / history.delivered.event.file_name))

    def differences(self, persona: Persona) -> list[str]:
        """Describe each difference from the outcome expected for the persona."""
        differences = []
        if self.outcome() != persona.expected.outcome:
            differences.append(f"{persona.name} ended as {self.outcome()}")
        if persona.expected.language and persona.expected.language != self.language():
            differences.append(f"{persona.name} was shown {self.language()}")
        flags = self.flags()
        expected = dict(persona.expected.flags) if persona.expected.flags is not None else None
        if flags != expected:
            differences.append(f"{persona.name} wrote {flags} instead of {expected}")
        return differences
