"""A terminal that has been put together, as a front end takes it over."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from terminal.front.counter import Counter
from terminal.front.dock import Dock


class LiveFrames(Protocol):
    """What a live picture needs of a camera."""

    def latest(self) -> Any:
        """The newest frame with its `rgb` pixels; something without `rgb` while there is none."""

    def after(self, number: int, timeout: float) -> Any:
        """The first frame newer than `number`; something without `rgb` if none came in `timeout` seconds."""

    def look(self) -> AbstractContextManager[Any]:
        """Open the camera for as long as the context lasts."""

    def lost(self) -> object | None:
        """Why no picture comes; None while all is well. Does not count as a look."""


@dataclass(frozen=True, slots=True)
class OpenedCounter:
    counter: Counter
    camera: LiveFrames | None = None
    dock: Dock | None = None
    card_camera: LiveFrames | None = None
    """A camera of its own for cards' fronts."""


Opening = Callable[[], Awaitable[OpenedCounter]]
"""Puts the terminal together; begins after the first paint. May raise `terminal.assembly.NotReady`."""
