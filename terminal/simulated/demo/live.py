"""The interactive demo: simulated devices, people and service, controlled through a dock."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from config.settings import Settings
from reader.link import CodeScanner
from terminal.assembly import Devices, face_engine, open_terminal, session_rules
from terminal.conductor.code_camera import CodeCamera
from terminal.conductor.conductor import Conductor
from terminal.front.assembled import AssembledCounter
from terminal.simulated.demo.browser_camera import BROWSER
from terminal.simulated.demo.code_reader import NAME, code_reader
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.hands import DemoDock
from terminal.simulated.demo.readers import DemoReaders, demo_readers
from terminal.simulated.demo.scene import DemoScene
from terminal.simulated.demo.slow_clock import SlowClock
from terminal.simulated.demo.stage import Stage, open_stage
from terminal.simulated.demo.terminals import DemoTerminal
from terminal.simulated.personas.cast import PERSONAS
from terminal.staff_password import effective_hash
from vision.sources.lazy import LazySource

if TYPE_CHECKING:
    from terminal.simulated.demo.card_over_reader import CardOverReader
    from vision.engines.engine import FaceEngine
    from vision.sources.protocol import FrameSource

STAFF_PASSWORD = "staff"  # noqa: S105 - printed at start and documented in the README
_STAFF_HASH = "$argon2id$v=19$m=65536,t=3,p=4$wXDiWdhIblRaNVjaUzwgjA$RovwyZjhg6jcTwrwsiKZHkpafr3xfT+lhoO/SR4lNXk"


@dataclass
class LiveDemo:
    """Runs the demo in this process. Call `open` after the app's first paint and `close` after the app has ended."""

    settings: Settings
    pcsc: bool = False
    camera: str | None = None
    """A real camera or a video file. The cards get a portrait of the person it shows."""
    service_url: str | None = None
    source: "FrameSource | None" = None
    """Replaces the source named by `camera`. Used if `camera` is not set and a person sits down later."""
    timeout_seconds: float = 2.0
    """How many seconds the terminal waits for the service."""

    def __post_init__(self) -> None:
        self._exit_stack = ExitStack()

    async def open(self) -> AssembledCounter:
        return await asyncio.to_thread(self._open)

    def _open(self) -> AssembledCounter:
        first = open_stage(self.camera, face_engine(self.settings), self.source)
        scene = DemoScene(first, self._sit_down(first.engine))
        counter = self._exit_stack.enter_context(
            DemoCounter(
                self.settings,
                service_url=self.service_url,
                timeout_seconds=self.timeout_seconds,
                keep_cards=self.camera is None,
                stub_later=True,
            )
        )
        open_readers = self._exit_stack.enter_context(demo_readers(pcsc=self.pcsc))
        clock = SlowClock()
        current_readers: list[DemoReaders] = []
        over_reader = LazySource(NAME, lambda: _over_reader(current_readers))
        scanner: list[CodeCamera | CodeScanner] = []

        def open_conductor(settings: Settings) -> Conductor:
            current_readers[:] = [readers := open_readers()]
            scanner[:] = scanner if scanner else [code_reader(readers.scanner, over_reader)]
            reads_fronts = isinstance(scanner[0], CodeCamera)
            return open_terminal(
                settings,
                Devices(
                    readers.slot,
                    scanner[0] if reads_fronts else readers.scanner,
                    scene.stage.camera,
                    scene.stage.engine,
                ),
                clock=clock,
                rules=replace(session_rules(settings), staff_enabled=True, phone=True),
                anchors=counter.props.trust_anchors,
            )

        terminal = DemoTerminal(counter.settings, open_conductor, counter.warm_up)
        dock = DemoDock(counter, terminal, lambda: current_readers[0], scene, clock, PERSONAS)
        return AssembledCounter(terminal, scene, dock)

    def _sit_down(self, engine: Callable[[], "FaceEngine"]) -> Callable[[], Stage] | None:
        """Return a function that opens a stage with the browser's camera, or None if there is no second camera."""
        source = self.source
        if self.camera is not None or source is None:
            return None
        return lambda: open_stage(BROWSER, engine, source)

    def close(self) -> None:
        self._exit_stack.close()


def _over_reader(current_readers: list[DemoReaders]) -> "CardOverReader":
    from terminal.simulated.demo.card_over_reader import CardOverReader

    return CardOverReader(lambda: current_readers[0].card if current_readers else None)


def with_staff_password(settings: Settings) -> Settings:
    """Return the settings, with the demo's staff password if none is set."""
    if effective_hash(settings):
        return settings
    from pydantic import SecretStr

    hashed = SecretStr(_STAFF_HASH)  # precomputed: hashing would add 0.2 s to every start
    return settings.model_copy(update={"staff": settings.staff.model_copy(update={"password_hash": hashed})})
