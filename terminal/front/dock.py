"""What the demo's dock can do. The demo implements it; a terminal in service is given none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DockPersona:
    name: str
    title: str
    """One line: who comes, with which card."""


class Dock(Protocol):
    """Hands for the simulated devices. Awaited from the screens' event loop: none of these may block it."""

    @property
    def personas(self) -> Sequence[DockPersona]: ...

    @property
    def current(self) -> str:
        """Name of the persona who comes next, or stands there."""

    @property
    def card_in(self) -> bool: ...

    @property
    def camera_covered(self) -> bool: ...

    @property
    def service_silent(self) -> bool: ...

    async def choose(self, name: str) -> None:
        """Another person comes; a card that still lies there is taken first."""

    async def insert_card(self) -> None: ...

    async def pull_card(self) -> None: ...

    async def cover_camera(self, covered: bool) -> None: ...

    async def silence_service(self, silent: bool) -> None: ...
