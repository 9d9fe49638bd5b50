"""Installed fonts for drawing the front of a card."""

from pathlib import Path

from config.platform.current import system


class NoFont(RuntimeError):
    """No Japanese font is installed. The message names a font package."""


def fonts() -> tuple[Path, ...]:
    """Return the installed Japanese fonts. Raises `NoFont`."""
    installed: tuple[Path, ...] = system.japanese_fonts()
    if not installed:
        raise NoFont("cannot draw a card without a Japanese font. Install the package fonts-morisawa-bizud-gothic.")
    return installed
