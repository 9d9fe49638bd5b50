"""The demo's implementation of the dock: controls for card, camera, reader, service and clock."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from config.profiles import Profile
from config.settings import Settings
from reader.softcard.card import SoftCard
from terminal.front.dock import OTHER_CARD, DockPersona, DockState, ServiceMode
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.profile_settings import with_profile
from terminal.simulated.demo.readers import DemoReaders
from terminal.simulated.demo.scene import DemoScene
from terminal.simulated.demo.slow_clock import ONE_HOUR, SlowClock
from terminal.simulated.demo.stage import Stage, SyntheticStage
from terminal.simulated.demo.terminals import DemoTerminal
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.persona import Persona
from terminal.simulated.service.misbehaviour import SLOW, Lie, Operation, ResponseMode, Rule

_SILENT = Rule(mode=ResponseMode.SILENT)
_LYING = Rule(mode=ResponseMode.LYING, lie=Lie.FOREIGN)
_OPERATIONS = (Operation.CHALLENGE, Operation.OPEN, Operation.SUBMIT)
_BEHAVIOUR: dict[ServiceMode, tuple[tuple[Operation, Rule], ...]] = {
    ServiceMode.NORMAL: (),
    ServiceMode.SILENT: tuple((operation, _SILENT) for operation in _OPERATIONS),
    ServiceMode.SLOW: ((Operation.OPEN, SLOW), (Operation.SUBMIT, SLOW)),
    ServiceMode.LYING: ((Operation.RESULT, _LYING),),
}


class DemoDock:
    """The demo's controls. Blocking work runs in separate threads because the event loop also serves the screens."""

    def __init__(
        self,
        counter: DemoCounter,
        terminal: DemoTerminal,
        current_readers: Callable[[], DemoReaders],
        scene: DemoScene,
        clock: SlowClock,
        personas: Sequence[Persona],
    ) -> None:
        """`current_readers`: returns the current terminal's readers. `clock`: the clock shared by all terminals."""
        self._counter, self._terminal, self._current_readers, self._scene = counter, terminal, current_readers, scene
        self._clock = clock
        self._personas = tuple(personas)
        self._persona = self._personas[0]
        self._user_settings = terminal.settings
        self._profile: Profile | None = None
        self._on_settings: list[Callable[[Settings], None]] = []
        self._lock = asyncio.Lock()
        self.props = DockState()

    @property
    def personas(self) -> Sequence[DockPersona]:
        return tuple(DockPersona(persona.name, persona.story) for persona in self._personas)

    @property
    def current(self) -> str:
        return self._persona.name

    @property
    def _stage(self) -> Stage:
        return self._scene.stage

    @property
    def own_face(self) -> bool | None:
        return not self._scene.is_synthetic if self._scene.can_change else None

    @property
    def family(self) -> Sequence[str]:
        return tuple(member.name for member in self._persona.family)

    def on_settings(self, changed: Callable[[Settings], None]) -> None:
        self._on_settings.append(changed)

    async def set_profile(self, profile: Profile | None) -> None:
        self._profile = profile

    async def choose(self, name: str) -> None:
        async with self._lock:
            await self._remove_card()
            await self._remove_second_card()
            self._persona = BY_NAME[name]
            await asyncio.to_thread(self._stage.show, self._persona)
            settings = self._settings_for(self._persona)
            if settings != self._terminal.settings:
                await self._restart(settings)
                for changed in self._on_settings:
                    changed(settings)

    def _settings_for(self, persona: Persona) -> Settings:
        """Return the settings for a persona. Clinic personas use the user's profile."""
        profile = self._profile or persona.profile
        if profile is Profile.CLINIC:
            profile = self._user_settings.profile
        if profile is self._user_settings.profile and not persona.settings:
            return self._user_settings
        return with_profile(self._user_settings, profile, persona.settings)

    async def insert_card(self, name: str = "", *, two: bool = False) -> None:
        async with self._lock:
            if not self.props.card and not self.props.reader_unplugged:
                card = name or self._persona.name
                two = two and not self.props.second_card
                await asyncio.to_thread(self._insert, BY_NAME[card], two=two)
                self.props = replace(self.props, card=card, second_card=two or self.props.second_card)

    def _insert(self, persona: Persona, *, two: bool) -> None:
        props = self._counter.props
        image = props.card_for(persona, self._stage.portrait)
        self._counter.stub.publish(props.registry_for(persona, self._stage.portrait))
        if persona.name != OTHER_CARD:
            self._stage.show(persona)
        first, second = (SoftCard(image.model_copy(deep=True)) for _ in range(2))
        self._current_readers().insert(first, second if two else None)

    async def pull_card(self) -> None:
        async with self._lock:
            await self._remove_card()

    async def _remove_card(self) -> None:
        if self.props.card:
            await asyncio.to_thread(self._current_readers().remove)
            self.props = replace(self.props, card="")

    async def take_second_card(self) -> None:
        async with self._lock:
            await self._remove_second_card()

    async def _remove_second_card(self) -> None:
        if self.props.second_card:
            await asyncio.to_thread(self._current_readers().take_second)
            self.props = replace(self.props, second_card=False)

    async def hold_card(self, held: bool) -> None:
        async with self._lock:
            await self._hold(held)

    async def _hold(self, held: bool) -> None:
        if held is not self.props.card_held:
            await asyncio.to_thread(self._current_readers().hold, held)
            self.props = replace(self.props, card_held=held)

    async def _clear_reader(self) -> None:
        await self._remove_card()
        await self._remove_second_card()
        await self._hold(False)

    async def cover_camera(self, covered: bool) -> None:
        if isinstance(self._stage, SyntheticStage):
            self._stage.source.cover(covered)
            self.props = replace(self.props, camera_covered=covered)

    async def unplug_camera(self, unplugged: bool) -> None:
        if isinstance(self._stage, SyntheticStage):
            if unplugged:
                self._stage.source.fail()
            else:
                self._stage.source.recover()
            self.props = replace(self.props, camera_unplugged=unplugged)

    async def unplug_reader(self, unplugged: bool) -> None:
        async with self._lock:
            if unplugged is self.props.reader_unplugged:
                return
            readers = self._current_readers()
            await asyncio.to_thread(readers.unplug if unplugged else readers.plug)
            self.props = replace(self.props, reader_unplugged=unplugged)
            if unplugged:
                self.props = replace(self.props, card="", second_card=False, card_held=False)

    async def set_service_mode(self, service: ServiceMode) -> None:
        self.props = replace(self.props, service=service)
        await asyncio.to_thread(self._counter.stub.clear_rules)
        for operation, rule in _BEHAVIOUR[service]:
            await asyncio.to_thread(self._counter.stub.set_rule, operation, rule)

    async def set_clock_slow(self, slow: bool) -> None:
        self._clock.delay = ONE_HOUR if slow else timedelta()
        self.props = replace(self.props, clock_slow=slow)

    async def power_cycle(self) -> None:
        async with self._lock:
            await self._restart(self._terminal.settings)

    async def _restart(self, settings: Settings) -> None:
        await self._clear_reader()
        await self._terminal.change(settings)
        if self.props.reader_unplugged:
            await asyncio.to_thread(self._current_readers().unplug)

    async def sit_down(self) -> None:
        async with self._lock:
            await self._remove_card()
            await asyncio.to_thread(self._scene.sit_down)
            await self._change_stage(keep_cards=False)

    async def stand_up(self) -> None:
        async with self._lock:
            await self._remove_card()
            self._scene.stand_up()
            await self._change_stage(keep_cards=True)
            await asyncio.to_thread(self._stage.show, self._persona)

    async def _change_stage(self, *, keep_cards: bool) -> None:
        self._counter.props = self._counter.props.without_cards(keep_cards=keep_cards)
        self.props = replace(self.props, camera_covered=False, camera_unplugged=False)
        await self._restart(self._terminal.settings)

    async def reset(self) -> None:
        async with self._lock:
            await self._clear_reader()
        await self.cover_camera(False)
        await self.unplug_camera(False)
        if self.props.reader_unplugged:
            await self.unplug_reader(False)
        await self.set_service_mode(ServiceMode.NORMAL)
        await self.set_clock_slow(False)
