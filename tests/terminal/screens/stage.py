"""The app with a fake counter and a constant camera frame, at a configurable screen size."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.events import Key, MouseDown, MouseUp
from textual.pilot import Pilot

from config.settings import Settings
from terminal.front.assembled import AssembledCounter
from terminal.front.dock import Dock
from terminal.screens.app import TerminalApp
from terminal.session.states import State
from tests.terminal.screens.stand_in import StandIn

SMALL, USUAL = (80, 24), (120, 40)


def async_test(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in its own event loop."""

    @wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def synthetic_face() -> NDArray[np.uint8]:
    """Return a constant RGB image of a simple face."""
    y, x = np.mgrid[0:480, 0:640]
    rgb = np.full((480, 640, 3), (150, 170, 190), np.uint8)
    rgb[(y > 380) & (np.abs(x - 320) < y - 230)] = (60, 90, 130)
    oval = np.hypot((x - 320) / 110, (y - 230) / 150)
    rgb[oval < 1] = (225, 185, 160)
    rgb[(oval < 1) & (y < 130)] = (50, 35, 30)
    for eye in (275, 365):
        rgb[np.hypot(x - eye, (y - 205) * 1.6) < 16] = (40, 30, 30)
    rgb[(np.abs(y - 310) < 6) & (np.abs(x - 320) < 45)] = (150, 60, 60)
    return rgb


async def wait_until_drawn(app: TerminalApp) -> None:
    """Wait until all posted messages have been handled and drawn.

    The pilot waits for an idle processor instead, and times out while a camera runs.
    """
    for _ in range(2):
        done = asyncio.Event()
        app.call_later(app.screen.call_after_refresh, done.set)
        await asyncio.wait_for(done.wait(), 60)


async def press(app: TerminalApp, key: str) -> None:
    """Press a key, like the terminal driver."""
    app.post_message(Key(key, key if len(key) == 1 else None))
    await wait_until_drawn(app)


async def touch(app: TerminalApp, selector: str) -> None:
    """Touch the middle of a widget, like the terminal driver. The topmost widget at that point receives the event."""
    x, y = app.desk.query_one(selector).region.center
    for kind in (MouseDown, MouseUp):
        app.post_message(kind(None, int(x), int(y), 0, 0, 1, False, False, False, int(x), int(y)))
    await wait_until_drawn(app)


@dataclass
class StillCamera:
    """Camera that always returns `frame`."""

    frame: Any = field(default_factory=lambda: type("Still", (), {"rgb": synthetic_face()})())

    def latest(self) -> Any:
        return self.frame

    def after(self, number: int, timeout: float) -> Any:
        return self.frame

    def held_open(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def lost(self) -> object | None:
        return None if self.frame is not None else "no frame"


@dataclass
class Stage:
    app: TerminalApp
    counter: StandIn
    camera: StillCamera
    pilot: Pilot[int]

    async def show(self, state: State) -> None:
        """Show `state` with a new patient and wait until it is drawn."""
        self.counter.new_patient()
        self.counter.set_state(state)
        await self.wait_until_drawn()

    async def wait_until_drawn(self) -> None:
        await wait_until_drawn(self.app)

    async def key(self, key: str) -> None:
        await press(self.app, key)


@asynccontextmanager
async def stage(
    size: tuple[int, int] = SMALL,
    *,
    settings: Settings | None = None,
    dock: Dock | None = None,
    settle_seconds: float = 0.0,
    make_app: Callable[..., TerminalApp] = TerminalApp,
) -> AsyncIterator[Stage]:
    counter, camera = StandIn(), StillCamera()

    async def opening() -> AssembledCounter:
        return AssembledCounter(counter, camera, dock)

    app = make_app(opening, settings or Settings(), simulated=True, moving=False, settle_seconds=settle_seconds)
    async with app.run_test(size=size) as pilot:
        on_stage = Stage(app, counter, camera, pilot)
        await on_stage.wait_until_drawn()
        yield on_stage
