"""Serve the patient page from a thread, with a fake conductor, and open it in Debian's Chromium."""

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
from terminal.front.assembled import AssembledCounter
from terminal.session.states import State
from terminal.talk.question_numbers import SETTLE_SECONDS
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import state_for

TIMEOUT_SECONDS = 60.0
for _expect in (expect, expect_async):
    _expect.set_options(timeout=TIMEOUT_SECONDS * 1000)

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
    """Terminal that serves its page, with test helpers. Used as a context manager."""

    def __init__(
        self,
        settings: Settings,
        counter: StandIn | None = None,
        camera: Any = None,
        *,
        port: int = 0,
        load_later: bool = False,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """Create the stage.

        With `load_later`, the page is served immediately but shows a screen only after `load`.
        With `settle_seconds=0`, new screens accept answers immediately.
        """
        self.settle_seconds = settle_seconds
        self.counter = counter or StandIn()
        self.addresses: list[str] = []
        self._settings, self._camera, self._port, self._load_later = settings, camera, port, load_later
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

        async def open_counter() -> AssembledCounter:
            return AssembledCounter(self.counter, self._camera)

        self.site = patient_site(self._settings, self._port, self.addresses.append)
        self._loading = asyncio.Event()
        if self._load_later:
            self.site.start()
            self._ready.set()
            await self._loading.wait()
        self.terminal = WebTerminal(
            open_counter, self._settings, self.site, simulated=True, settle_seconds=self.settle_seconds
        )
        self._ready.set()
        assert await self.terminal.run() == 0

    def __enter__(self) -> "PageStage":
        self._thread.start()
        assert self._ready.wait(TIMEOUT_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the terminal and re-raise its error, if any."""
        self.run_on_loop(self.terminal.end)
        self._thread.join(TIMEOUT_SECONDS)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def load(self) -> None:
        self._loop.call_soon_threadsafe(self._loading.set)

    def run_on_loop(self, action: Callable[[], object]) -> None:
        """Run `action` on the terminal's event loop and wait for it."""
        done = threading.Event()

        def act() -> None:
            action()
            self._loop.call_soon(done.set)

        self._loop.call_soon_threadsafe(act)
        assert done.wait(TIMEOUT_SECONDS)

    def set_state(self, state: State) -> None:
        self.run_on_loop(lambda: self.counter.set_state(state))

    def show(self, page: Page, state: State) -> None:
        """Show `state` and wait until the page has painted it.

        Another question is shown first, because a question in another look or language keeps its serial and the wait
        would end immediately.
        """
        self.set_state(state_for("reading"))
        self.set_state(state)
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
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        page.wait_for_timeout(10)


def until(page: Page, expression: str, arg: object = None) -> None:
    """Wait until `expression` is true in the page.

    Playwright's `wait_for_function` evaluates a string in the page, which the content security policy forbids.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"timed out waiting for {expression}"
        page.wait_for_timeout(10)


def settings_in(folder: Path) -> Settings:
    return Settings(state_dir=folder)
