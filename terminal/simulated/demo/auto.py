"""The automatic demo (`uketsuke demo --auto`), which plays the visits of all personas in sequence."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from config.settings import Profile, Settings
from consent.ledger import LedgerFile
from reader.link import CodeScanner
from reader.softcard.card import SoftCard
from terminal.assembly import Devices, ledger_path, open_terminal, session_rules
from terminal.conductor.code_camera import CodeCamera
from terminal.conductor.conductor import Conductor
from terminal.headless.runner import Controls, HeadlessTerminal, Operator
from terminal.headless.transcript import Transcript
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.background_issuer import BackgroundIssuer
from terminal.simulated.demo.card_over_reader import CardOverReader
from terminal.simulated.demo.code_reader import code_reader
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.profile_settings import with_profile
from terminal.simulated.demo.readers import DemoReaders
from terminal.simulated.demo.reception_watch import ReceptionWatch
from terminal.simulated.demo.result_flags import flags_in, newer_flags_in
from terminal.simulated.demo.scripted import ScriptedPatient
from terminal.simulated.demo.slow_clock import ONE_HOUR, SlowClock
from terminal.simulated.demo.stage import Stage
from terminal.simulated.personas.persona import Expected, Mishap, Persona
from terminal.simulated.service.misbehaviour import Operation
from terminal.talk.parts import Talk
from terminal.words.catalogue import speaker

Tell = Callable[[str], None]
RECEPTION_SECONDS = 60.0
"""Time limit for a reception."""


@dataclass(frozen=True, slots=True)
class VisitResult:
    """The result of a persona's visit."""

    persona: str
    ok: bool
    way: str
    asked: list[str]
    flags: dict[str, int]
    tries_spent: int
    result_file: str | None
    seconds: float
    wrong: str = ""
    """Differences from the expected outcome; empty if there are none."""


class _CurrentOperator(Operator):
    """Forwards talks to the current persona's operator."""

    def __init__(self) -> None:
        self.current: Operator | None = None

    def on_talk(self, talk: Talk) -> None:
        if self.current is not None:
            self.current.on_talk(talk)

    async def act(self, talk: Talk, state: st.State, controls: Controls) -> None:
        if self.current is not None:
            await self.current.act(talk, state, controls)


class AutoDemo:
    """Plays personas on simulated devices and compares the results with the expected outcomes."""

    def __init__(
        self,
        counter: DemoCounter,
        open_readers: Callable[[], DemoReaders],
        stage: Stage,
        settings: Settings,
        tell: Tell,
    ) -> None:
        self._counter, self._open_readers, self._stage, self._settings, self._tell = (
            counter,
            open_readers,
            stage,
            settings,
            tell,
        )
        self._readers: DemoReaders
        self._issuer: BackgroundIssuer
        self._watch = ReceptionWatch()
        self._tries = 0
        self._clock = SlowClock()
        self._front = CardOverReader(lambda: self._readers.card)
        self._scanner: CodeCamera | CodeScanner | None = None

    async def play(self, personas: Sequence[Persona]) -> list[VisitResult]:
        """Play the personas in order, with a new conductor whenever profile or settings change."""
        results: list[VisitResult] = []
        common = self._settings
        visitors = [member for persona in personas for member in persona.family]
        with BackgroundIssuer(self._counter.props, self._stage.portrait, visitors) as self._issuer:
            for (profile, _, power_cut), members in groupby(visitors, key=_terminal_key):
                group = list(members)
                self._settings = with_profile(common, profile, group[0].settings)
                if power_cut:
                    results += [await self._play_power_cut(persona) for persona in group]
                else:
                    results += await self._play_group(group)
        return results

    def _open(self) -> Conductor:
        self._readers = self._open_readers()
        if not isinstance(self._scanner, CodeCamera):
            self._scanner = code_reader(self._readers.scanner, self._front)
        devices = Devices(self._readers.slot, self._scanner, self._stage.camera, self._stage.engine)
        conductor = open_terminal(
            self._settings,
            devices,
            clock=self._clock,
            # show each screen only briefly, because nobody reads it
            rules=replace(session_rules(self._settings), show_answers=0.1, staff_enabled=True, phone=True),
            anchors=self._counter.props.trust_anchors,
        )
        conductor.listen(on_state=lambda state: self._watch.observe(state), on_event=self._count_tries)
        return conductor

    @asynccontextmanager
    async def _running_conductor(self, conductor: Conductor, operator: Operator) -> AsyncIterator[asyncio.Task[None]]:
        running = asyncio.create_task(HeadlessTerminal(conductor, operator, speaker(self._settings)).run())
        try:
            await _until(lambda: conductor.reader_name is not None)  # a card inserted earlier would be ignored
            yield running
        finally:
            conductor.stop()
            await running

    async def _play_group(self, personas: Sequence[Persona]) -> list[VisitResult]:
        conductor, operator = self._open(), _CurrentOperator()
        async with self._running_conductor(conductor, operator):
            await conductor.camera.warm_up()
            return [await self._play_one(persona, conductor, operator) for persona in personas]

    async def _play_power_cut(self, persona: Persona) -> VisitResult:
        """Stop the terminal during a reception and start a new one, which must close this reception."""
        card, transcript = await self._prepare(persona), Transcript(self._tell)
        watch, began = self._watch, time.monotonic()
        conductor = self._open()
        patient = ScriptedPatient(persona.script, transcript, take_card=self._readers.remove, switch_off=conductor.stop)
        async with self._running_conductor(conductor, patient) as running:
            self._readers.insert(card)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(running), RECEPTION_SECONDS)
        self._readers.remove()
        transcript.note("the terminal is switched on again")
        async with self._running_conductor(self._open(), _CurrentOperator()):
            await _until(lambda: self._result_file(watch.check_id) is not None)
        return self._judge(persona, watch, time.monotonic() - began)

    async def _prepare(self, persona: Persona) -> SoftCard:
        """Put the persona in front of the camera and return a copy of their card."""
        image, registry = await self._issuer.card_for(persona)
        self._counter.stub.publish(registry)
        self._stage.show(persona)
        self._tell(f"\n{persona.name}: {persona.story}")
        self._watch, self._tries = ReceptionWatch(persona.expected.reported), 0
        self._front.covered = persona.script.types_code
        return SoftCard(image.model_copy(deep=True))

    async def _play_one(self, persona: Persona, conductor: Conductor, operator: _CurrentOperator) -> VisitResult:
        card, transcript = await self._prepare(persona), Transcript(self._tell)
        watch = self._watch
        operator.current = ScriptedPatient(
            persona.script,
            transcript,
            take_card=self._readers.remove,
            resolve=self._resolution(persona.script.mishap),
            unplug=self._readers.unplug if persona.script.mishap is Mishap.READER_UNPLUGGED else None,
            code=card.printed_code.encode("ascii"),
        )
        self._misbehave(persona)
        began = time.monotonic()
        if persona.script.language:
            transcript.answer(speaker(self._settings)(persona.script.language)("language.name"))
            conductor.post(ev.DisplayChanged("", language=persona.script.language))
        if persona.script.child:
            transcript.answer(speaker(self._settings)("ja")("help.for-child"))
            conductor.post(ev.HelpChosen(""))
            conductor.post(ev.ForChildChosen(""))
        second_card = SoftCard(card.image.model_copy(deep=True)) if persona.script.mishap is Mishap.TWO_CARDS else None
        await asyncio.to_thread(self._readers.insert, card, second_card)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watch.returned_to_idle.wait(), RECEPTION_SECONDS)
        operator.current = None
        self._readers.remove()
        self._clock.delay = timedelta()
        if persona.script.mishap is Mishap.READER_UNPLUGGED:
            await asyncio.to_thread(self._readers.plug)
            await _until(lambda: conductor.reader_name is not None)
        seconds = time.monotonic() - began
        await self._restore_service(persona, conductor, transcript)
        return self._judge(persona, watch, seconds)

    def _resolution(self, mishap: Mishap) -> Callable[[], None] | None:
        """Return a function that resolves a mishap after the terminal has reported it."""
        readers = self._readers
        match mishap:
            case Mishap.CARD_HELD:
                return lambda: readers.hold(False)
            case Mishap.TWO_CARDS:
                return readers.take_second
            case _:
                return None

    def _misbehave(self, persona: Persona) -> None:
        match persona.script.mishap:
            case Mishap.SERVICE_SILENT_AT_OPENING:
                self._counter.stub.silence(Operation.OPEN)
            case Mishap.SERVICE_SILENT_AT_SUBMIT:
                self._counter.stub.silence(Operation.SUBMIT)
            case Mishap.CLOCK_WRONG:
                self._clock.delay = ONE_HOUR
            case Mishap.CARD_HELD:
                self._readers.hold(True)
            case _:
                pass

    async def _restore_service(self, persona: Persona, conductor: Conductor, transcript: Transcript) -> None:
        if persona.script.mishap in (Mishap.SERVICE_SILENT_AT_OPENING, Mishap.SERVICE_SILENT_AT_SUBMIT):
            self._counter.stub.clear_rules()
        if persona.script.mishap is Mishap.SERVICE_SILENT_AT_SUBMIT:
            backlog = conductor.delivery.backlog()
            transcript.note(f"the service is back; decisions in the outbox: {backlog}")
            await conductor.delivery.process_outbox()

    def _count_tries(self, event: ev.Event) -> None:
        if isinstance(event, ev.PinRefused) and event.sent:
            self._tries += 1

    def _judge(self, persona: Persona, watch: ReceptionWatch, seconds: float) -> VisitResult:
        file = self._result_file(watch.check_id)
        flags = flags_in(file) if file is not None else {}
        wrong = "; ".join(_differences(persona.expected, watch, file, self._tries))
        if file is not None:
            self._tell(f"    - written: {file}")
        return VisitResult(
            persona=persona.name,
            ok=not wrong,
            way=watch.way.value if watch.way else "",
            asked=list(watch.asked),
            flags={item.name.lower().replace("_", "-"): flag for item, flag in flags.items()},
            tries_spent=self._tries,
            result_file=str(file) if file is not None else None,
            seconds=round(seconds, 2),
            wrong=wrong,
        )

    def _result_file(self, check_id: str | None) -> Path | None:
        """Return the result file delivered for this check according to the ledger, or None if it is missing."""
        if check_id is None:
            return None
        history = LedgerFile(ledger_path(self._settings)).history(check_id)
        if history is None or history.delivered is None:
            return None
        path = self._settings.results_dir / history.delivered.event.file_name
        return path if path.exists() else None


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for the condition, for at most `RECEPTION_SECONDS`."""

    def wait() -> None:
        until = time.monotonic() + RECEPTION_SECONDS
        while not condition() and time.monotonic() < until:
            time.sleep(0.01)

    await asyncio.to_thread(wait)


def _terminal_key(persona: Persona) -> tuple[Profile, dict[str, object], bool]:
    """Return a grouping key: personas with the same key can share one terminal."""
    return persona.profile, dict(persona.settings), persona.script.mishap is Mishap.POWER_CUT


def _differences(expected: Expected, watch: ReceptionWatch, file: Path | None, tries: int) -> list[str]:
    flags = flags_in(file) if file is not None else None
    newer = newer_flags_in(file) if file is not None and expected.newer is not None else expected.newer
    compared = [
        ("way", expected.way, watch.way),
        ("end", expected.outcome, watch.outcome),
        ("asked", expected.asked, watch.asked),
        ("flags", dict(expected.flags) if expected.flags is not None else None, flags),
        ("newer flags", expected.newer, newer),
        ("language", expected.language or watch.language, watch.language),
        ("tries", expected.tries_spent, tries),
        ("reported", expected.reported, tuple(dict.fromkeys(watch.reported))),
    ]
    return [f"{name}: expected {want}, got {actual}" for name, want, actual in compared if want != actual]


def as_json(results: Sequence[VisitResult]) -> str:
    return json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2) + "\n"
