"""Guidance for showing a card to the camera. Avoids heavy imports, because the session imports it."""

from enum import StrEnum


class CardGuidance(StrEnum):
    SHOW_CARD = "show-card"
    OTHER_SIDE = "other-side"
    NEARER = "nearer"
    TILT = "tilt"
    """A reflection hides a field."""
    HOLD_STILL = "hold-still"
