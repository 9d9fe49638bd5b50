"""Create the dock's sites before the dock itself is loaded. Imports no slow modules."""

from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from terminal.counter_web.site import Site, Tell

PAGE = Path(__file__).with_name("dock_page")
_SECOND_DEVICE_CODE_SECONDS = 600.0
"""How long the code is valid. This must suffice for typing the address on a tablet."""


def dock_sites(
    settings: Settings,
    port: int,
    tell: Tell,
    *,
    on_frame: Callable[[bytes], None] | None = None,
    second_device: str = "",
) -> list[Site]:
    """Return the dock's site on this computer and, with `second_device`, a site for another device.

    `second_device`: a network address of this computer. That site shows the dock without the patient's screen to a
    device that opens the address with its code. `on_frame`: receives frames from the browser's camera.
    Raises `NotReady` if a port is in use.
    """
    keys = settings.state_dir / "web"
    sites = [Site(None, PAGE, keys / "dock.key", port, tell, on_frame=on_frame)]
    if second_device:
        key = keys / "dock-elsewhere.key"
        sites.append(
            Site(None, PAGE, key, sites[0].port, tell, host=second_device, code_seconds=_SECOND_DEVICE_CODE_SECONDS)
        )
    return sites
