"""The demo with web pages for patient, trainer and staff. The pages are served while the demo is being built."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from config.settings import Settings
from terminal.counter_web.site import Site, Tell
from terminal.counter_web.web_terminal import WebTerminal
from terminal.front.assembled import AssembledCounter
from terminal.readiness import NotReady
from terminal.simulated.demo.browser_camera import BrowserSource
from terminal.simulated.demo.dock_site import DockSite
from terminal.simulated.demo.live import LiveDemo, with_staff_password
from terminal.simulated.demo.stage import is_live
from terminal.staff_web.pages import StaffPages


@dataclass
class WebDemo:
    """Builds the demo. Call `build` once, and `close` after the terminal has ended."""

    settings: Settings
    tell: Tell
    pcsc: bool = False
    camera: str | None = None
    service_url: str | None = None
    source: BrowserSource | None = None
    """The browser's camera, if it replaces the terminal's camera now or later."""
    _opened: list[LiveDemo] = field(default_factory=list)
    _dock: DockSite = field(init=False)

    def build(self, patient: Site, dock_sites: Sequence[Site], staff_listener: socket.socket) -> WebTerminal:
        """Connect the sites to the demo and return its terminal. `staff_listener`: socket for the staff page."""
        settings = with_staff_password(self.settings)
        self._dock = DockSite(dock_sites, source=self.source)
        staff = StaffPages(settings, 0, self.tell, listener=staff_listener)
        self._dock.show_staff(staff.sites[0])
        return WebTerminal(self._open, settings, patient, simulated=True, companion=self._dock, staff=staff)

    async def _open(self) -> AssembledCounter:
        """Open the demo. With a real camera, first ask the person in front of it for permission."""
        demo = LiveDemo(
            with_staff_password(self.settings),
            pcsc=self.pcsc,
            camera=self.camera,
            service_url=self.service_url,
            source=self.source,
        )
        self._opened.append(demo)
        if not is_live(self.camera):
            return await demo.open()
        problem = ""
        while True:
            await self._dock.ask(problem)
            try:
                return await demo.open()
            except NotReady as error:
                problem = str(error)

    def close(self) -> None:
        for demo in self._opened:
            demo.close()
