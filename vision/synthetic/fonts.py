"""Installed fonts for drawing the front of a card."""

from pathlib import Path

from config.platform.chosen import system


class NoFont(RuntimeError):
    """No Japanese font is installed. The message names a package with one."""


def fonts() -> tuple[Path, ...]:
    """Return the installed Japanese fonts. Raises `NoFont`."""
    found: tuple[Path, ...] = system.japanese_fonts()
    if not found:
        raise NoFont("no Japanese font for drawing a card: install the package fonts-morisawa-bizud-gothic")
    return found
