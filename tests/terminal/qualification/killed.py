"""Processes for kill tests: the stub, and a terminal with conductor, ledger and client but without a camera.

Each terminal logs consents, outcomes and problems before it acts on them.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from config.settings import ServiceSettings, Settings
from consent.items import Question
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.slot import SimulatedSlot
from terminal.assembly import Devices, open_terminal, session_rules
from terminal.conductor.conductor import Conductor
from terminal.headless.runner import Controls, HeadlessTerminal
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.service.server import serve
from terminal.talk.parts import Talk
from terminal.words.catalogue import speaker


@dataclass(frozen=True, slots=True)
class TerminalSetup:
    """Folder, service and card of a terminal, as plain values that can be pickled."""

    folder: str
    url: str
    terminal_id: str
    card: str
    """A card image as JSON."""

    @property
    def settings(self) -> Settings:
        service = ServiceSettings(url=self.url, terminal_id=self.terminal_id, timeout_seconds=20)
        return Settings(state_dir=Path(self.folder), service=service)

    @property
    def log(self) -> Path:
        return Path(self.folder) / "patients.jsonl"


class _NoCamera:
    def start(self) -> None: ...

    def lost(self) -> None: ...

    def stop(self) -> None: ...


def _no_engine() -> Any:
    raise AssertionError("a reception by PIN needs no face engine")


def _open(setup: TerminalSetup, slot: SimulatedSlot) -> Conductor:
    settings = setup.settings
    devices = Devices(slot, None, _NoCamera(), _no_engine)  # type: ignore[arg-type]
    return open_terminal(settings, devices, rules=replace(session_rules(settings), show_answers=0.0))


class _Patients:
    """Run one patient's reception after another. Log each consent before giving it."""

    def __init__(self, setup: TerminalSetup, slot: SimulatedSlot, seed: int, conductor: Conductor) -> None:
        self._conductor = conductor
        self._image = CardImage.model_validate_json(setup.card)
        self._slot = slot
        self._card_inserted = False
        self._random = random.Random(seed)
        self._log = setup.log.open("a", encoding="utf-8", buffering=1)

    def log(self, what: str, reception: str, **fields: Any) -> None:
        self._log.write(json.dumps({"what": what, "reception": reception, **fields}) + "\n")

    def _insert_card(self) -> None:
        if not self._card_inserted:
            self._card_inserted = True
            self._slot.insert(SoftCard(self._image.model_copy(deep=True)))

    def _remove_card(self) -> None:
        if self._card_inserted:
            self._slot.remove()
            self._card_inserted = False

    def on_talk(self, talk: Talk) -> None:
        pass

    async def act(self, talk: Talk, state: st.State, controls: Controls) -> None:
        conductor = self._conductor
        if isinstance(state, st.Idle):
            if state.card_left is None:
                self._insert_card()
            return
        if state.waiting is not None:
            return
        reception = state.reception.id
        match state:
            case st.ChoosingMethod():
                conductor.post(ev.PinChosen(reception))
            case st.PinEntry():
                if conductor.patient is not None:
                    for digit in (1, 2, 3, 4):
                        conductor.patient.pin.push(digit)
                    conductor.enter_pin()
            case st.Notice():
                conductor.post(ev.Understood(reception))
            case st.Consent(index=None, questions=questions):
                self._answer_consent_screen(reception, questions, conductor)
            case st.Consent() | st.SpecificDisease() | st.Limit():
                assert state.question is not None
                self._answer_question(reception, state.question, conductor)
            case st.Summary():
                conductor.post(ev.Confirmed(reception))
            case st.Complete(outcome=outcome):
                assert state.reception.check is not None
                self.log("outcome", reception, check=state.reception.check.check_id, outcome=outcome)
                self._remove_card()
            case st.Problem():
                self.log("problem", reception, code=state.problem.code)
                await asyncio.sleep(0.05)  # time for the patient to remove the card
                self._remove_card()
            case _:
                pass

    def _answer_consent_screen(self, reception: str, questions: tuple[Question, ...], conductor: Conductor) -> None:
        match self._random.choice(("all", "none", "one-by-one", "leaves")):
            case "all":
                self._agree(reception, questions)
                conductor.post(ev.ShareAll(reception))
            case "none":
                conductor.post(ev.ShareNone(reception))
            case "one-by-one":
                conductor.post(ev.OneByOne(reception))
            case _:
                self._remove_card()

    def _answer_question(self, reception: str, question: Question, conductor: Conductor) -> None:
        granted = self._random.random() < 0.5
        if granted:
            self._agree(reception, (question,))
        conductor.post(ev.QuestionAnswered(reception, question.id, granted))

    def _agree(self, reception: str, questions: tuple[Question, ...]) -> None:
        self.log("yes", reception, items=[item.value for question in questions for item in question.items])


def run_terminal(setup: TerminalSetup, seed: int) -> None:
    """Run receptions until the process is killed."""

    async def run() -> None:
        slot = SimulatedSlot()
        conductor = _open(setup, slot)
        patients = _Patients(setup, slot, seed, conductor)
        await HeadlessTerminal(conductor, patients, speaker(setup.settings)).run()

    _run_and_exit(lambda: asyncio.run(run()))


def settle_terminal(setup: TerminalSetup) -> None:
    """Run a terminal until its backlog is empty."""

    async def settle() -> None:
        conductor = _open(setup, SimulatedSlot())
        running = asyncio.create_task(conductor.run())
        async with asyncio.timeout(90):
            while conductor.delivery.backlog():
                await asyncio.sleep(0.02)
        conductor.stop()
        await running

    _run_and_exit(lambda: asyncio.run(settle()))


def run_stub(folder: str, port: int, database_url: str) -> None:
    _run_and_exit(lambda: serve(Path(folder), port=port, database_url=database_url))


def _run_and_exit(run: Callable[[], None]) -> None:
    """Call `run` and exit without running the test process's clean-up handlers."""
    try:
        run()
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(1)
    os._exit(0)
