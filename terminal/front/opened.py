"""An assembled terminal, as a front end receives it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from terminal.front.counter import Counter
from terminal.front.dock import Dock


class LiveFrames(Protocol):
    """The part of a camera that a live picture needs."""

    def latest(self) -> Any:
        """Return the newest frame with its `rgb` pixels; an object without `rgb` if there is none."""

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
