"""What the holder of a card can do so that its front can be read. Light: the session imports it."""

from enum import StrEnum


class CardGuidance(StrEnum):
    SHOW_CARD = "show-card"
    OTHER_SIDE = "other-side"
    NEARER = "nearer"
    TILT = "tilt"
    """A lamp's reflection lies on a field."""
    HOLD_STILL = "hold-still"
