"""Interface of the demo's dock. The demo implements it; a terminal in service has none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from config.settings import Profile, Settings


@dataclass(frozen=True, slots=True)
class DockPersona:
    name: str
    title: str
    """One line: who comes, with which card."""


class ServiceMode(StrEnum):
    """How the qualification-check service behaves."""

    NORMAL = "normal"
    SILENT = "silent"
    SLOW = "slow"
    LYING = "lying"
    """Its results are another institution's."""


@dataclass(frozen=True, slots=True)
class DockState:
    """State of everything on the counter."""

    card: str = ""
    """Persona whose card is on the reader, or `OTHER_CARD`; empty if there is none."""
    second_card: bool = False
    """Whether another card is on the second reader."""
    card_held: bool = False
    """Whether another program holds each card exclusively."""
    camera_covered: bool = False
    camera_unplugged: bool = False
    reader_unplugged: bool = False
    service: ServiceMode = ServiceMode.NORMAL
    clock_late: bool = False


OTHER_CARD = "suica"
"""A card that is not a My Number Card."""


class Dock(Protocol):
    """Controls for the simulated devices. Awaited on the screens' event loop, so they must not block it."""

    @property
    def personas(self) -> Sequence[DockPersona]: ...

    @property
    def current(self) -> str:
        """Name of the persona who comes next, or stands there."""

    @property
    def family(self) -> Sequence[str]:
        """That persona and who follows, each with a card of their own."""

    @property
    def props(self) -> DockState: ...

    @property
    def own_face(self) -> bool | None:
        """Whether a real person sits in front of the camera; None if that cannot be changed."""

    def on_settings(self, changed: Callable[[Settings], None]) -> None:
        """Call `changed` when another institution's persona comes: the same sentences may read otherwise there."""

    async def be_at(self, profile: Profile | None) -> None:
        """The institution that personas chosen from now on come to; None: each persona's own."""

    async def choose(self, name: str) -> None:
        """Let another person come; a card that is still on the reader is removed first."""

    async def insert_card(self, name: str = "", *, two: bool = False) -> None:
        """The card of that persona, or `OTHER_CARD`; by default the one of who stands there.

        `two`: and one like it on the second reader, at the same time.
        """

    async def pull_card(self) -> None: ...

    async def take_second_card(self) -> None: ...

    async def hold_card(self, held: bool) -> None:
        """Start another program that holds each card exclusively; False: stop it."""

    async def cover_camera(self, covered: bool) -> None: ...

    async def unplug_camera(self, unplugged: bool) -> None: ...

    async def unplug_reader(self, unplugged: bool) -> None:
        """Unplug the reader, with the card on it, or plug it in again."""

    async def treat_service(self, service: ServiceMode) -> None: ...

    async def set_clock_late(self, late: bool) -> None: ...

    async def switch_off_and_on(self) -> None:
        """Restart as after a power cut. A card on the reader is taken first."""

    async def sit_down(self) -> None:
        """Take the portrait of a real person, who is in front of the camera from here on. Raises `NotReady`."""

    async def stand_up(self) -> None:
        """Return to the drawn persons and discard the portrait."""

    async def tidy(self) -> None:
        """Reset everything on the counter."""
