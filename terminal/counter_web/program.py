"""The patient's page as this process's program: server, conductor, browser, and an orderly end."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from config.platform.chosen import system
from config.settings import Settings
from terminal.counter_web.browser import open_page
from terminal.counter_web.screen import PatientScreen
from terminal.counter_web.site import SHARED, Site, Tell
from terminal.front import crash
from terminal.front.log_lines import log_to
from terminal.front.opened import OpenedCounter, Opening
from terminal.problems import ProblemCode
from terminal.readiness import NotReady

log = logging.getLogger(__name__)


class Companion(Protocol):
    """A page beside the patient's, made once the terminal has been put together."""

    @property
    def sites(self) -> Sequence[Site]:
        """The first one is opened in the browser, and may hold the patient's page in itself."""

    def take_over(self, opened: OpenedCounter, patient: Site) -> None: ...


class Beside(Protocol):
    """Pages on other ports, for others than the patient."""

    def start(self) -> None: ...

    def take_over(self, opened: OpenedCounter, stop: Callable[[], None]) -> None: ...

    async def stop(self) -> None: ...


class WebTerminal:
    """`run` until a signal, the conductor's end or a failure. `tell` gets the patient's address first."""

    def __init__(
        self,
        opening: Opening,
        settings: Settings,
        *,
        port: int,
        simulated: bool,
        open_browser: bool,
        tell: Tell,
        companion: Companion | None = None,
        staff: Beside | None = None,
    ) -> None:
        """Takes the port. Raises `NotReady` where it is in use. The browser opens the companion where there is one."""
        self._opening, self._open_browser = opening, open_browser
        self.screen = PatientScreen(settings, simulated=simulated)
        self.companion, self.staff = companion, staff
        self.site = Site(
            self.screen, SHARED, settings.state_dir / "web" / "patient.key", port, tell, sound=self.screen.voice.clip
        )
        if companion is not None:
            companion.sites[0].show_in_itself(self.site)
        self._ending = asyncio.Event()

    async def run(self) -> int:
        asyncio.get_running_loop().set_exception_handler(crash.on_loop_error)
        beside = self.companion.sites if self.companion is not None else ()
        sites = [self.site, *beside]
        addresses = [site.tell_address() for site in sites]
        for site in sites:
            site.start()
        if self.staff is not None:
            self.staff.start()
        opening = asyncio.create_task(_show_in_browser(addresses[1 if beside else 0])) if self._open_browser else None
        try:
            return await self._conduct()
        finally:
            self.screen.end()
            if opening is not None:
                opening.cancel()
            await asyncio.gather(*(site.stop() for site in sites))
            if self.staff is not None:
                await self.staff.stop()

    def end(self) -> None:
        """Let `run` end. From the event loop."""
        self._ending.set()

    async def _conduct(self) -> int:
        try:
            opened = await self._opening()
        except NotReady as error:
            _tell_error(str(error))
            return 1
        self.screen.take_over(opened)
        if self.companion is not None:
            self.companion.take_over(opened, self.site)
        if self.staff is not None:
            self.staff.take_over(opened, self.end)
        conducting = asyncio.create_task(opened.counter.run(), name="conductor")
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait({conducting, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        opened.counter.stop()
        await asyncio.wait({conducting}, timeout=15)
        if conducting.done():
            conducting.result()
        return 0


async def _show_in_browser(address: str) -> None:
    if not await asyncio.to_thread(open_page, address):
        code = ProblemCode.NO_BROWSER.code
        log.warning("%s: no browser was found", code)
        _tell_error(f"{code}: no browser was found here. Open this address in one on this computer: {address}")


def _tell_error(text: str) -> None:
    sys.stderr.write(f"uketsuke: {text}\n")


def run_web(
    opening: Opening,
    settings: Settings,
    *,
    port: int,
    simulated: bool,
    open_browser: bool,
    tell: Tell,
    log_file: Path,
    companion: Callable[[], Companion] | None = None,
    staff: Callable[[], Beside] | None = None,
) -> int:
    """Run it as this process's program: hardened, logging to a file. Returns the exit code."""
    crash.no_core_dumps()
    crash.plain_errors()
    log_to(log_file, settings)

    async def serve() -> int:
        terminal = WebTerminal(
            opening,
            settings,
            port=port,
            simulated=simulated,
            open_browser=open_browser,
            tell=tell,
            companion=companion() if companion is not None else None,
            staff=staff() if staff is not None else None,
        )
        terminal.screen.guide.ahead = True
        with _signals(terminal.end):
            return await terminal.run()

    try:
        return asyncio.run(serve())
    except NotReady:
        raise
    except Exception as error:
        sys.stderr.write(f"{crash.last_words(error)}\n")
        log.critical("%s", crash.last_words(error))
        crash.forget(error)
        return 1


@contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `end` on the event loop."""
    loop = asyncio.get_running_loop()
    for number in system.STOP_SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in system.STOP_SIGNALS:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
