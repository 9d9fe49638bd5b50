"""Assembled terminal, as passed to a front end."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from terminal.front.counter import Counter
from terminal.front.dock import Dock


class LiveFrames(Protocol):
    """Camera methods for a live picture."""

    def latest(self) -> Any:
        """Return the newest frame with `rgb` pixels, or an object without `rgb` if there is no frame."""

    def after(self, number: int, timeout: float) -> Any:
        """Return the next frame after `number`, or an object without `rgb` after `timeout` seconds."""

    def held_open(self) -> AbstractContextManager[Any]:
        """Return a context manager that keeps the camera open."""

    def lost(self) -> object | None:
        """Return why the camera is unavailable, or None if it works. Does not open the camera."""


@dataclass(frozen=True, slots=True)
class AssembledCounter:
    counter: Counter
    camera: LiveFrames | None = None
    dock: Dock | None = None
    card_camera: LiveFrames | None = None
    """Separate camera for card fronts, if any."""


Opening = Callable[[], Awaitable[AssembledCounter]]
"""Assembles the terminal. Called after the first paint. May raise `terminal.assembly.NotReady`."""
