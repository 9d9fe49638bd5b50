"""Successive terminals behind the same front ends: rebuilt when a persona's institution differs."""

import asyncio
from collections.abc import Callable

from config.settings import Settings
from terminal.conductor.conductor import Conductor
from terminal.conductor.delivery import Delivery
from terminal.conductor.name_pictures import NamePictures
from terminal.conductor.patient_data import Patient
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.without_card import WithoutCard
from terminal.session.effects import Effect
from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import State

_FIRST_PAINT_SECONDS = 0.5
"""Too early for a card on the reader, and late enough for the page to have its content."""

OnState = Callable[[State], None]
OnEffect = Callable[[Effect], None]


class DemoTerminal:
    """A `terminal.front.counter.Counter` whose conductor can be replaced while front ends stay attached."""

    def __init__(
        self, settings: Settings, open_one: Callable[[Settings], Conductor], then: Callable[[], None] = lambda: None
    ) -> None:
        """`open_one` blocks. It is called once here, and again on each change.

        `then`: work that can wait until the first screen has been painted.
        """
        self.settings = settings
        self._open_one, self._then = open_one, then
        self._now = open_one(settings)
        self._next: Settings | None = None
        self._listening: list[tuple[OnState | None, OnEffect | None]] = []
        self._changed = asyncio.Event()

    async def change(self, settings: Settings) -> None:
        """Stop the current terminal as if it were switched off, and start one with these settings."""
        self._changed.clear()
        self._next = settings
        self._now.stop()
        await self._changed.wait()

    # --- Counter --------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return self._now.rules

    @property
    def state(self) -> State:
        return self._now.state

    @property
    def reader_name(self) -> str | None:
        return self._now.reader_name

    @property
    def card_held_by(self) -> tuple[str, ...]:
        return self._now.card_held_by

    @property
    def patient(self) -> Patient | None:
        return self._now.patient

    @property
    def delivery(self) -> Delivery:
        return self._now.delivery

    @property
    def service(self) -> ServiceDesk:
        return self._now.service

    @property
    def names(self) -> NamePictures:
        return self._now.names

    @property
    def without_card(self) -> WithoutCard:
        return self._now.without_card

    def listen(self, on_state: OnState | None = None, on_effect: OnEffect | None = None) -> None:
        self._listening.append((on_state, on_effect))
        self._now.listen(on_state, on_effect)

    def post(self, event: Event) -> None:
        self._now.post(event)

    def enter_pin(self) -> None:
        self._now.enter_pin()

    def enter_code(self, digits: bytearray) -> None:
        self._now.enter_code(digits)

    async def run(self) -> None:
        """Run until `stop`, across all changes."""
        asyncio.get_running_loop().call_later(_FIRST_PAINT_SECONDS, self._then)
        while True:
            await self._now.run()
            if self._next is None:
                return
            self.settings, self._next = self._next, None
            self._now = await asyncio.to_thread(self._open_one, self.settings)
            for on_state, on_effect in self._listening:
                self._now.listen(on_state, on_effect)
                if on_state is not None:
                    on_state(self._now.state)
            self._changed.set()

    def stop(self) -> None:
        self._next = None
        self._now.stop()
