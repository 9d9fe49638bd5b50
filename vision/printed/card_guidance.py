"""Guidance for showing a card to the camera. Imported by the session, so it must not import heavy modules."""

from enum import StrEnum


class CardGuidance(StrEnum):
    SHOW_CARD = "show-card"
    OTHER_SIDE = "other-side"
    NEARER = "nearer"
    TILT = "tilt"
    """A field is hidden by a reflection."""
    HOLD_STILL = "hold-still"
