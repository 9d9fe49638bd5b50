"""Open the page in the default browser."""

import os
import sys
import webbrowser
from pathlib import Path

_TEXT_BROWSERS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def has_display() -> bool:
    """Return whether a browser window can be opened. On WSL, the Windows browser is used."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))


def open_page(address: str) -> bool:
    """Open the address in the default browser and return whether that succeeded. Blocks briefly."""
    if not has_display():
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if Path(getattr(browser, "name", "")).name in _TEXT_BROWSERS:
        return False
    return browser.open(address)
