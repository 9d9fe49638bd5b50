"""The patient's page in a real browser: server in a thread, Debian's Chromium, a fake conductor."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import expect as expect_async
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.settings import Settings
from terminal.counter_web.program import patient_site
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.opened import OpenedCounter
from terminal.session.states import State
from terminal.talk.serial import SETTLE_SECONDS
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_of

PATIENCE = 60.0
for _expect in (expect, expect_async):
    _expect.set_options(timeout=PATIENCE * 1000)

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class PageStage:
    """A terminal that serves its page, with helpers for tests. Use as a context manager."""

    def __init__(
        self,
        settings: Settings,
        counter: StandIn | None = None,
        camera: Any = None,
        *,
        port: int = 0,
        loads_later: bool = False,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """Create the stage.

        With `loads_later`, the page is served immediately but shows a screen only after `load`.
        With `settle_seconds` 0, new screens accept answers immediately.
        """
        self.settle_seconds = settle_seconds
        self.counter = counter or StandIn()
        self.addresses: list[str] = []
        self._settings, self._camera, self._port, self._loads_later = settings, camera, port, loads_later
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pages", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()

        async def opening() -> OpenedCounter:
            return OpenedCounter(self.counter, self._camera)

        self.site = patient_site(self._settings, self._port, self.addresses.append)
        self._loading = asyncio.Event()
        if self._loads_later:
            self.site.start()
            self._ready.set()
            await self._loading.wait()
        self.terminal = WebTerminal(
            opening, self._settings, self.site, simulated=True, settle_seconds=self.settle_seconds
        )
        self._ready.set()
        assert await self.terminal.run() == 0

    def __enter__(self) -> "PageStage":
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the terminal and re-raise its error, if any."""
        self.do(self.terminal.end)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def load(self) -> None:
        self._loop.call_soon_threadsafe(self._loading.set)

    def do(self, action: Callable[[], object]) -> None:
        """Run `action` on the terminal's event loop and wait for it."""
        done = threading.Event()

        def act() -> None:
            action()
            self._loop.call_soon(done.set)

        self._loop.call_soon_threadsafe(act)
        assert done.wait(PATIENCE)

    def be(self, state: State) -> None:
        self.do(lambda: self.counter.set_state(state))

    def turn_to(self, page: Page, state: State) -> None:
        """Show `state` and wait until the page has painted it.

        Another question is shown in between: the same question in another look or language keeps its serial, and the
        wait would end too early.
        """
        self.be(state_of("reading"))
        self.be(state)
        wait_painted(page, self.serial)

    @property
    def serial(self) -> int:
        return self.terminal.screen.talk.serial

    def address(self) -> str:
        return self.site.address

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.site.port}/"

    def open(self, page: Page) -> Page:
        page.goto(self.address())
        page.wait_for_selector("h1")
        return page


PAINTED = "serial => performance.getEntriesByName('painted').some(mark => mark.detail >= serial)"


def wait_painted(page: Page, serial: int) -> None:
    """Wait until the page has painted the question `serial`."""
    until(page, PAINTED, serial)


def wait_for(page: Page, condition: Callable[[], object]) -> None:
    """Wait until `condition` is true in this process, while the page keeps running."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "timed out"
        page.wait_for_timeout(10)


def until(page: Page, expression: str, arg: object = None) -> None:
    """Wait until `expression` is true in the page.

    Playwright's own wait_for_function evaluates a string in each frame; the content security policy forbids that.
    """
    ends = time.monotonic() + PATIENCE
    while not page.evaluate(expression, arg):
        assert time.monotonic() < ends, f"never true: {expression}"
        page.wait_for_timeout(10)


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder)
