"""Interface of the dock, the demo's control panel for simulated devices."""

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
    """Return results of a different institution."""


@dataclass(frozen=True, slots=True)
class DockState:
    """State of the simulated devices."""

    card: str = ""
    """Persona whose card is on the reader, `OTHER_CARD`, or empty if there is no card."""
    second_card: bool = False
    """Whether a second card is on the second reader."""
    card_held: bool = False
    """Whether another program locks every card."""
    camera_covered: bool = False
    camera_unplugged: bool = False
    reader_unplugged: bool = False
    service: ServiceMode = ServiceMode.NORMAL
    clock_slow: bool = False


OTHER_CARD = "suica"
"""Name of the card that is not a My Number Card."""


class Dock(Protocol):
    """Controls for the simulated devices. Methods run on the screens' event loop and must not block it."""

    @property
    def personas(self) -> Sequence[DockPersona]: ...

    @property
    def current(self) -> str:
        """Name of the persona at the counter, or the next one."""

    @property
    def family(self) -> Sequence[str]:
        """The current persona and accompanying family members."""

    @property
    def props(self) -> DockState: ...

    @property
    def own_face(self) -> bool | None:
        """Whether a real person is in front of the camera, or None if this cannot be changed."""

    def on_settings(self, listener: Callable[[Settings], None]) -> None:
        """Call `listener` when the institution changes with the persona. Its wording may differ."""

    async def set_profile(self, profile: Profile | None) -> None:
        """Set the institution for personas chosen later, or None to use each persona's own."""

    async def choose(self, name: str) -> None:
        """Choose the next persona. Remove the card on the reader first."""

    async def insert_card(self, name: str = "", *, two: bool = False) -> None:
        """Insert this persona's card or `OTHER_CARD`. The default is the current persona's card.

        If `two`, simultaneously insert a copy into the second reader.
        """

    async def pull_card(self) -> None: ...

    async def take_second_card(self) -> None: ...

    async def hold_card(self, held: bool) -> None:
        """Start or stop another program that locks every card."""

    async def cover_camera(self, covered: bool) -> None: ...

    async def unplug_camera(self, unplugged: bool) -> None: ...

    async def unplug_reader(self, unplugged: bool) -> None:
        """Unplug the reader with the card on it, or plug it back in."""

    async def set_service_mode(self, service: ServiceMode) -> None: ...

    async def set_clock_slow(self, slow: bool) -> None: ...

    async def power_cycle(self) -> None:
        """Simulate a power cut and restart. Remove the card on the reader first."""

    async def sit_down(self) -> None:
        """Take a portrait of the real person in front of the camera and use it on the cards. Raises `NotReady`."""

    async def stand_up(self) -> None:
        """Discard the portrait and use drawn people again."""

    async def reset(self) -> None:
        """Reset all simulated devices."""
