"""The demo on the screen: the terminal's own app, with hands for the simulated devices in its dock (F12)."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.settings import Settings
from reader.softcard.card import SoftCard
from terminal.assembly import Devices, face_engine, open_terminal, rules_of
from terminal.front.dock import DockPersona
from terminal.front.opened import Opened
from terminal.simulated.demo.card_over_reader import CardOverReader, code_reader
from terminal.simulated.demo.counter import Counter
from terminal.simulated.demo.places import CardPlace, card_places
from terminal.simulated.demo.stage import Stage, SyntheticStage, open_stage
from terminal.simulated.personas.cast import AT_ONE_TERMINAL, BY_NAME
from terminal.simulated.personas.persona import Persona
from terminal.simulated.service.behaviour import Operation
from terminal.staff_password import hash_in_force

if TYPE_CHECKING:
    from vision.sources.protocol import FrameSource

STAFF_PASSWORD = "staff"  # noqa: S105 - the demo's, said on its start and in the README
_HASH_OF_IT = "$argon2id$v=19$m=65536,t=3,p=4$wXDiWdhIblRaNVjaUzwgjA$RovwyZjhg6jcTwrwsiKZHkpafr3xfT+lhoO/SR4lNXk"
_SILENCED = (Operation.CHALLENGE, Operation.OPEN, Operation.SUBMIT)


class DemoDock:
    """Moves card, camera and service. Blocking work is done beside the screens' event loop."""

    def __init__(self, counter: Counter, place: CardPlace, stage: Stage, personas: Sequence[Persona]) -> None:
        self._counter, self._place, self._stage = counter, place, stage
        self._personas = tuple(personas)
        self._persona = self._personas[0]
        self._card_in = False
        self._covered = False
        self._silent = False
        self._one_at_a_time = asyncio.Lock()

    @property
    def personas(self) -> Sequence[DockPersona]:
        return tuple(DockPersona(persona.name, persona.story) for persona in self._personas)

    @property
    def current(self) -> str:
        return self._persona.name

    @property
    def card_in(self) -> bool:
        return self._card_in

    @property
    def camera_covered(self) -> bool:
        return self._covered

    @property
    def service_silent(self) -> bool:
        return self._silent

    async def choose(self, name: str) -> None:
        await self.pull_card()
        self._persona = BY_NAME[name]
        await asyncio.to_thread(self._stage.show, self._persona)

    async def insert_card(self) -> None:
        async with self._one_at_a_time:
            if not self._card_in:
                await asyncio.to_thread(self._insert)
                self._card_in = True

    def _insert(self) -> None:
        props = self._counter.props
        image = props.card_of(self._persona, self._stage.portrait)
        self._counter.stub.publish(props.registry_of(self._persona, self._stage.portrait))
        self._stage.show(self._persona)
        self._place.insert(SoftCard(image.model_copy(deep=True)))

    async def pull_card(self) -> None:
        async with self._one_at_a_time:
            if self._card_in:
                await asyncio.to_thread(self._place.remove)
                self._card_in = False

    async def cover_camera(self, covered: bool) -> None:
        if isinstance(self._stage, SyntheticStage):
            self._stage.source.cover(covered)
            self._covered = covered

    async def silence_service(self, silent: bool) -> None:
        self._silent = silent
        if not silent:
            await asyncio.to_thread(self._counter.stub.behave)
            return
        for operation in _SILENCED:
            await asyncio.to_thread(self._counter.stub.silence, operation)


@dataclass
class LiveDemo:
    """Everything embedded, opened after the app's first paint. `close` after the app has ended."""

    settings: Settings
    pcsc: bool = False
    camera: str | None = None
    """A real camera or a video file: its person's portrait goes on the cards."""
    service_url: str | None = None
    source: "FrameSource | None" = None
    """In place of the camera's own."""

    def __post_init__(self) -> None:
        self._ending = ExitStack()

    async def open(self) -> Opened:
        return await asyncio.to_thread(self._open)

    def _open(self) -> Opened:
        stage = open_stage(self.camera, face_engine(self.settings), self.source)
        counter = self._ending.enter_context(
            Counter(self.settings, service_url=self.service_url, keep_cards=self.camera is None)
        )
        place = self._ending.enter_context(card_places(pcsc=self.pcsc))()
        conductor = open_terminal(
            counter.settings,
            Devices(
                place.slot, code_reader(place.scanner, CardOverReader(lambda: place.card)), stage.camera, stage.engine
            ),
            rules=replace(rules_of(counter.settings), staff_enabled=True),
            anchors=counter.props.authority.trust_anchors,
        )
        return Opened(conductor, stage.camera, DemoDock(counter, place, stage, AT_ONE_TERMINAL))

    def close(self) -> None:
        self._ending.close()


def with_staff_password(settings: Settings) -> Settings:
    """The demo's staff password where none is set."""
    if hash_in_force(settings):
        return settings
    from pydantic import SecretStr

    hashed = SecretStr(_HASH_OF_IT)  # made once: hashing takes a fifth of a second of every start
    return settings.model_copy(update={"staff": settings.staff.model_copy(update={"password_hash": hashed})})
