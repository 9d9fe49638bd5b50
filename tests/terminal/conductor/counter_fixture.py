"""A counter for tests: the real conductor, ledger and folders, a simulated card and the stub service over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from config.settings import Settings
from consent.ledger import LedgerFile
from reader.softcard.card import SoftCard
from terminal.assembly import Devices, ledger_path, open_terminal, session_rules
from terminal.conductor.conductor import Conductor
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.personas.cast import BY_NAME
from vision.camera import Camera
from vision.frame import Frame
from vision.photo import card_jp2
from vision.sources.protocol import SourceKind
from vision.verdict import CameraLost


class EmptyRoom:
    """A camera that shows an empty room."""

    name = "empty room"

    def __init__(self) -> None:
        self._number = 0

    kind = SourceKind.CAMERA

    def open(self) -> CameraLost | None:
        return None

    def read(self) -> Frame | CameraLost:
        time.sleep(0.02)
        self._number += 1
        picture = np.full((96, 128, 3), self._number % 200, np.uint8)
        return Frame(picture, picture[:, :, 0].copy(), self._number, time.monotonic())

    def close(self) -> None:
        pass


def no_engine() -> Any:
    raise AssertionError("a reception by PIN opened the face engine")


class Desk:
    """A terminal under test, with methods for the actions of patients and staff."""

    def __init__(self, counter: DemoCounter, settings: Settings, **rules: Any) -> None:
        self.counter = counter
        self.settings = settings
        self.readers = SimulatedReaders()
        self.conductor: Conductor
        self._rules = {"show_answers": 0.05, **rules}
        self.states: list[st.State] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Desk"]:
        self.readers = SimulatedReaders()
        self.conductor = open_terminal(
            self.settings,
            self.devices(),
            rules=replace(session_rules(self.settings), **self._rules),
            anchors=self.counter.props.trust_anchors,
        )
        self.conductor.listen(on_state=self.states.append)
        conductor_task = asyncio.create_task(self.conductor.run())
        await self.wait_for_reader()
        try:
            yield self
        finally:
            self.conductor.stop()
            await conductor_task

    def devices(self) -> Devices:
        return Devices(self.readers.slot, self.readers.scanner, Camera(EmptyRoom()), no_engine)

    async def wait_for_reader(self) -> None:
        """Wait until the conductor watches the reader. It ignores cards inserted earlier."""
        async with asyncio.timeout(60):
            while self.conductor.reader_name is None:
                await asyncio.sleep(0.005)

    def card(self, persona: str = "pin-right") -> SoftCard:
        def portrait(_: object) -> bytes:
            return card_jp2(np.full((320, 240), 128, np.uint8))

        image = self.counter.props.card_for(BY_NAME[persona], portrait)
        self.counter.stub.publish(self.counter.props.registry_for(BY_NAME[persona], portrait))
        return SoftCard(image.model_copy(deep=True))

    async def until(self, condition: Callable[[st.State], bool] | type, seconds: float = 60) -> Any:
        """Wait for a state that meets `condition`, a predicate or a class, and return it."""
        async with asyncio.timeout(seconds):
            while True:
                state = self.conductor.state
                if isinstance(state, condition) if isinstance(condition, type) else condition(state):
                    return state
                await asyncio.sleep(0.005)

    def touch(self, kind: type, *args: Any) -> None:
        """Post an event of class `kind` for the current reception."""
        state = self.conductor.state
        assert not isinstance(state, st.Idle)
        self.conductor.post(kind(state.reception.id, *args))

    async def type_pin(self, pin: str = "1234") -> None:
        await self.until(lambda state: isinstance(state, st.PinEntry) and state.waiting is None)
        patient = self.conductor.patient
        assert patient is not None
        for digit in pin:
            patient.pin.push(int(digit))
        self.conductor.enter_pin()

    async def reach_consent(self, card: SoftCard | None = None) -> None:
        self.readers.insert(card or self.card())
        await self.until(st.ChoosingMethod)
        self.touch(ev.PinChosen)
        await self.type_pin()
        await self.until(st.Consent)

    async def share_all(self) -> None:
        self.touch(ev.ShareAll)
        await self.until(st.Limit)
        self.touch(ev.QuestionAnswered, "limit", True)

    async def share_all_by_pin(self) -> None:
        """Play a complete reception by PIN with consent to everything."""
        await self.reach_consent()
        await self.share_all()
        await self.until(st.Complete)
        await self.take_card()

    async def take_card(self) -> None:
        self.readers.remove()
        await self.until(st.Idle)

    def record_kinds(self) -> list[str]:
        """Return the kinds of all ledger records in order."""
        return [record.event.kind for record in LedgerFile(ledger_path(self.settings)).records()]

    def results(self) -> list[Path]:
        return sorted(self.settings.results_dir.glob("*.xml"))
