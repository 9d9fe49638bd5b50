"""A terminal that can restart with other settings while its front ends stay open."""

import asyncio
from collections.abc import Callable

from config.settings import Settings
from terminal.conductor.conductor import Conductor
from terminal.conductor.delivery import Delivery
from terminal.conductor.name_pictures import NamePictures
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.without_card import WithoutCard
from terminal.session.effects import Effect
from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import State

_FIRST_PAINT_SECONDS = 0.5
"""By then the page is complete, and no patient has inserted a card."""

OnState = Callable[[State], None]
OnEffect = Callable[[Effect], None]


class DemoTerminal:
    """A `terminal.front.counter.Counter` whose conductor can be replaced while front ends stay attached."""

    def __init__(
        self,
        settings: Settings,
        open_conductor: Callable[[Settings], Conductor],
        after_first_paint: Callable[[], None] = lambda: None,
    ) -> None:
        """`open_conductor`: called here and on each change; blocks. `after_first_paint`: called shortly after `run`."""
        self.settings = settings
        self._open_conductor, self._after_first_paint = open_conductor, after_first_paint
        self._conductor = open_conductor(settings)
        self._next: Settings | None = None
        self._listeners: list[tuple[OnState | None, OnEffect | None]] = []
        self._changed = asyncio.Event()

    async def change(self, settings: Settings) -> None:
        """Stop the current conductor as in a power failure, and start a new one with these settings."""
        self._changed.clear()
        self._next = settings
        self._conductor.stop()
        await self._changed.wait()

    # --- Counter --------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return self._conductor.rules

    @property
    def state(self) -> State:
        return self._conductor.state

    @property
    def reader_name(self) -> str | None:
        return self._conductor.reader_name

    @property
    def card_held_by(self) -> tuple[str, ...]:
        return self._conductor.card_held_by

    @property
    def patient(self) -> Patient | None:
        return self._conductor.patient

    @property
    def delivery(self) -> Delivery:
        return self._conductor.delivery

    @property
    def service(self) -> ServiceDesk:
        return self._conductor.service

    @property
    def names(self) -> NamePictures:
        return self._conductor.names

    @property
    def without_card(self) -> WithoutCard:
        return self._conductor.without_card

    def listen(self, on_state: OnState | None = None, on_effect: OnEffect | None = None) -> None:
        self._listeners.append((on_state, on_effect))
        self._conductor.listen(on_state, on_effect)

    def post(self, event: Event) -> None:
        self._conductor.post(event)

    def enter_pin(self) -> None:
        self._conductor.enter_pin()

    def enter_code(self, digits: bytearray) -> None:
        self._conductor.enter_code(digits)

    async def run(self) -> None:
        """Run until `stop` is called. Continues when settings change."""
        asyncio.get_running_loop().call_later(_FIRST_PAINT_SECONDS, self._after_first_paint)
        while True:
            await self._conductor.run()
            if self._next is None:
                return
            self.settings, self._next = self._next, None
            self._conductor = await asyncio.to_thread(self._open_conductor, self.settings)
            for on_state, on_effect in self._listeners:
                self._conductor.listen(on_state, on_effect)
                if on_state is not None:
                    on_state(self._conductor.state)
            self._changed.set()

    def stop(self) -> None:
        self._next = None
        self._conductor.stop()
