"""Fonts of this machine with which the front of a card can be drawn."""

from pathlib import Path

from config.platform.chosen import system


class NoFont(RuntimeError):
    """No Japanese font is installed; the text says which package has one."""


def fonts() -> tuple[Path, ...]:
    """Japanese fonts of this machine. Raises `NoFont`."""
    found: tuple[Path, ...] = system.japanese_fonts()
    if not found:
        raise NoFont("no Japanese font to draw a card with: install the package fonts-morisawa-bizud-gothic")
    return found
