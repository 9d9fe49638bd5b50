"""The terminal's staff pages: desk, sessions and sites."""

import socket
from collections.abc import Callable

from config.settings import Settings
from terminal.counter_web.site import Tell
from terminal.front.assembled import AssembledCounter
from terminal.front.password import PasswordGate
from terminal.staff_password import effective_hash
from terminal.staff_web.certificates import server_keys
from terminal.staff_web.desk import StaffDesk
from terminal.staff_web.sessions import Sessions
from terminal.staff_web.site import Reach, StaffSite


class StaffPages:
    """Staff pages served next to `WebTerminal`. Opens its ports on creation. Raises NotReady if a port is in use."""

    def __init__(
        self,
        settings: Settings,
        port: int,
        tell: Tell,
        *,
        lan: bool = False,
        listener: socket.socket | None = None,
    ) -> None:
        """Create the sites. `lan` also serves the local network, if configured, with TLS and client certificates.

        `listener` is a socket bound to the port on this computer.
        """
        secret = effective_hash(settings)
        sessions = Sessions(settings.state_dir / "web" / "staff.key", secret, settings.staff.session_minutes * 60)
        self.desk = StaffDesk(settings, sessions, eye_on_lan=settings.staff.eye_check_on_lan)
        self._tell = tell
        gate = PasswordGate.from_settings(settings)
        self.sites = [StaffSite(self.desk, gate, sessions, Reach(port=port, listener=listener))]
        if lan and settings.staff.lan_address:
            tls, names = server_keys(settings)
            reach = Reach(settings.staff.lan_address, settings.staff.lan_port, names, tls)
            self.sites.append(StaffSite(self.desk, gate, sessions, reach))

    def start(self) -> None:
        """Start serving and print the addresses."""
        for site in self.sites:
            site.start()
            self._tell(f"staff: {site.address}")

    def attach(self, opened: AssembledCounter, stop: Callable[[], None]) -> None:
        self.desk.on_stop = stop
        self.desk.attach(opened)

    async def stop(self) -> None:
        self.desk.end()
        for site in self.sites:
            await site.stop()
