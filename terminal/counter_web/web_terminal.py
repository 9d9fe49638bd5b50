"""Run the terminal with the patient's page and accompanying pages, until an orderly shutdown."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from config.settings import Settings
from terminal.counter_web.screen import PatientScreen
from terminal.counter_web.site import Site
from terminal.front import crash
from terminal.front.assembled import AssembledCounter, Opening
from terminal.readiness import NotReady
from terminal.talk.question_numbers import SETTLE_SECONDS


class Companion(Protocol):
    """Page displayed together with the patient's page."""

    @property
    def sites(self) -> Sequence[Site]:
        """The companion's sites. The first one may embed the patient's page."""

    def attach(self, opened: AssembledCounter, patient: Site) -> None: ...


class StaffServer(Protocol):
    """Staff pages on other ports."""

    def start(self) -> None: ...

    def attach(self, opened: AssembledCounter, stop: Callable[[], None]) -> None: ...

    async def stop(self) -> None: ...


class WebTerminal:
    """Terminal with web pages. `run` returns after `end` is called or the conductor ends."""

    def __init__(
        self,
        opening: Opening,
        settings: Settings,
        site: Site,
        *,
        simulated: bool,
        companion: Companion | None = None,
        staff: StaffServer | None = None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """`site` is the patient's site, started or not. A new screen refuses touches for `settle_seconds`."""
        self._opening = opening
        self.screen = PatientScreen(settings, simulated=simulated, settle_seconds=settle_seconds)
        self.companion, self.staff, self.site = companion, staff, site
        site.connect_hub(self.screen, self.screen.voice.clip)
        if companion is not None:
            companion.sites[0].embed(site)
        self._ending = asyncio.Event()

    async def run(self) -> int:
        """Run the terminal and its sites. Return the exit code."""
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
        """End `run`. Call this on the event loop."""
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
