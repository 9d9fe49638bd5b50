"""Interfaces of the conductor used by front ends."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from terminal.conductor.delivery import Delivery
from terminal.conductor.name_pictures import NamePictures
from terminal.conductor.service_desk import ServiceDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.without_card import WithoutCard
from terminal.handover.folder import DeliveryFailure
from terminal.session.effects import Effect
from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import State


class Backlog(Protocol):
    def backlog(self) -> int:
        """Return the number of checks to be sent or handed over."""

    @property
    def failure(self) -> DeliveryFailure | None:
        """Why the last result file could not be handed over, or None."""


class Counter(Protocol):
    @property
    def rules(self) -> Rules: ...

    @property
    def state(self) -> State: ...

    @property
    def reader_name(self) -> str | None: ...

    @property
    def card_held_by(self) -> tuple[str, ...]:
        """Programs that may have locked the card on the reader, most likely first. Empty if it is available."""

    @property
    def patient(self) -> Patient | None: ...

    @property
    def delivery(self) -> Backlog: ...

    def listen(
        self, on_state: Callable[[State], None] | None = None, on_effect: Callable[[Effect], None] | None = None
    ) -> None: ...

    def post(self, event: Event) -> None: ...

    def enter_pin(self) -> None: ...

    def enter_code(self, digits: bytearray) -> None: ...

    async def run(self) -> None: ...

    def stop(self) -> None: ...


@runtime_checkable
class WithService(Counter, Protocol):
    """Counter with additional functions for the staff page. Implemented by the conductor."""

    @property
    def service(self) -> ServiceDesk: ...

    @property
    def delivery(self) -> Delivery: ...

    @property
    def names(self) -> NamePictures: ...

    @property
    def without_card(self) -> WithoutCard: ...
