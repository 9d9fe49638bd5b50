"""Serves the dock's page before the dock exists; fast to import."""

from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from terminal.counter_web.site import Site, Tell

PAGE = Path(__file__).with_name("dock_page")
_ELSEWHERE_SECONDS = 600.0
"""The address is typed into a tablet by hand."""


def dock_sites(
    settings: Settings,
    port: int,
    tell: Tell,
    *,
    on_picture: Callable[[bytes], None] | None = None,
    second_device: str = "",
) -> list[Site]:
    """The dock's site on this computer, and a second one where `second_device` names an address for it.

    That is an address of this computer at which the dock, without the patient's screen, answers another device that
    has the address with its code. `on_picture`: takes pictures of the browser's camera. Raises `NotReady` if a port
    is in use.
    """
    keys = settings.state_dir / "web"
    sites = [Site(None, PAGE, keys / "dock.key", port, tell, on_picture=on_picture)]
    if second_device:
        key = keys / "dock-elsewhere.key"
        sites.append(Site(None, PAGE, key, sites[0].port, tell, host=second_device, code_seconds=_ELSEWHERE_SECONDS))
    return sites
