"""The patient's page and the pages beside it, from opening the terminal to an orderly shutdown."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from config.settings import Settings
from terminal.counter_web.screen import PatientScreen
from terminal.counter_web.site import Site
from terminal.front import crash
from terminal.front.opened import OpenedCounter, Opening
from terminal.readiness import NotReady
from terminal.talk.serial import SETTLE_SECONDS


class Companion(Protocol):
    """A page shown with the patient's, created once the terminal has been built."""

    @property
    def sites(self) -> Sequence[Site]:
        """The sites; the first may embed the patient's page."""

    def attach(self, opened: OpenedCounter, patient: Site) -> None: ...


class Beside(Protocol):
    """Pages on other ports, not for the patient."""

    def start(self) -> None: ...

    def attach(self, opened: OpenedCounter, stop: Callable[[], None]) -> None: ...

    async def stop(self) -> None: ...


class WebTerminal:
    """`run` lasts until a signal, the end of the conductor or a failure."""

    def __init__(
        self,
        opening: Opening,
        settings: Settings,
        site: Site,
        *,
        simulated: bool,
        companion: Companion | None = None,
        staff: Beside | None = None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """`site`: the patient's, perhaps already running. `settle_seconds`: how long a new screen refuses touches."""
        self._opening = opening
        self.screen = PatientScreen(settings, simulated=simulated, settle_seconds=settle_seconds)
        self.companion, self.staff, self.site = companion, staff, site
        site.connect_hub(self.screen, self.screen.voice.clip)
        if companion is not None:
            companion.sites[0].embed(site)
        self._ending = asyncio.Event()

    async def run(self) -> int:
        asyncio.get_running_loop().set_exception_handler(crash.on_loop_error)
        sites = [self.site, *(self.companion.sites if self.companion is not None else ())]
        for site in sites:
            site.start()
        if self.staff is not None:
            self.staff.start()
        try:
            return await self._conduct()
        finally:
            self.screen.end()
            await asyncio.gather(*(site.stop() for site in sites))
            if self.staff is not None:
                await self.staff.stop()

    def end(self) -> None:
        """End `run`. From the event loop."""
        self._ending.set()

    async def _conduct(self) -> int:
        try:
            opened = await self._opening()
        except NotReady as error:
            sys.stderr.write(f"uketsuke: {error}\n")
            return 1
        self.screen.attach(opened)
        if self.companion is not None:
            self.companion.attach(opened, self.site)
        if self.staff is not None:
            self.staff.attach(opened, self.end)
        conducting = asyncio.create_task(opened.counter.run(), name="conductor")
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait({conducting, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        opened.counter.stop()
        await asyncio.wait({conducting}, timeout=15)
        if conducting.done():
            conducting.result()
        return 0
