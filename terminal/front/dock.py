"""Interface of the dock, implemented by the demo. Terminals in service have no dock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from config.settings import Profile, Settings


@dataclass(frozen=True, slots=True)
class DockPersona:
    name: str
    title: str
    """One-line description of the person and the card."""


class ServiceMode(StrEnum):
    """Behaviour of the simulated qualification-check service."""

    NORMAL = "normal"
    SILENT = "silent"
    SLOW = "slow"
    LYING = "lying"
    """It returns results of another institution."""


@dataclass(frozen=True, slots=True)
class DockState:
    """State of the simulated devices."""

    card: str = ""
    """Persona whose card is on the reader, or `OTHER_CARD`; empty if there is no card."""
    second_card: bool = False
    """Whether another card is on the second reader."""
    card_held: bool = False
    """Whether another program holds every card exclusively."""
    camera_covered: bool = False
    camera_unplugged: bool = False
    reader_unplugged: bool = False
    service: ServiceMode = ServiceMode.NORMAL
    clock_late: bool = False


OTHER_CARD = "suica"
"""A card that is not a My Number Card."""


class Dock(Protocol):
    """Controls for the simulated devices. Methods run on the event loop of the screens and must not block it."""

    @property
    def personas(self) -> Sequence[DockPersona]: ...

    @property
    def current(self) -> str:
        """Name of the persona at the counter, or the next one."""

    @property
    def family(self) -> Sequence[str]:
        """The current persona and accompanying family members, each with a card."""

    @property
    def props(self) -> DockState: ...

    @property
    def own_face(self) -> bool | None:
        """Whether a real person is in front of the camera; None if this cannot be changed."""

    def on_settings(self, changed: Callable[[Settings], None]) -> None:
        """Call `changed` when a persona comes to another institution, where the wording may differ."""

    async def set_profile(self, profile: Profile | None) -> None:
        """Set the institution for personas chosen from now on; None for each persona's own."""

    async def choose(self, name: str) -> None:
        """Choose the next persona. A card on the reader is removed first."""

    async def insert_card(self, name: str = "", *, two: bool = False) -> None:
        """Insert the card of that persona, or `OTHER_CARD`; by default the current persona's card.

        `two`: also insert a copy into the second reader at the same time.
        """

    async def pull_card(self) -> None: ...

    async def take_second_card(self) -> None: ...

    async def hold_card(self, held: bool) -> None:
        """Start or stop another program that holds every card exclusively."""

    async def cover_camera(self, covered: bool) -> None: ...

    async def unplug_camera(self, unplugged: bool) -> None: ...

    async def unplug_reader(self, unplugged: bool) -> None:
        """Unplug the reader, with the card on it, or plug it back in."""

    async def set_service_mode(self, service: ServiceMode) -> None: ...

    async def set_clock_late(self, late: bool) -> None: ...

    async def switch_off_and_on(self) -> None:
        """Restart as after a power cut. A card on the reader is removed first."""

    async def sit_down(self) -> None:
        """Take a portrait of the real person in front of the camera and use it from now on. Raises `NotReady`."""

    async def stand_up(self) -> None:
        """Return to the drawn people and discard the portrait."""

    async def reset(self) -> None:
        """Reset all simulated devices."""
