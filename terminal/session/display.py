"""The patient's choice of language, display and voice."""

from enum import StrEnum

from msgspec import Struct


class Size(StrEnum):
    """Size of text and touch targets."""

    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


JAPANESE = "ja"

VOLUMES = (12, 25, 50, 100)
"""Volumes in per cent of full amplitude, in steps of 6 dB. EN 301 549 8.2.1 requires a range of 18 dB."""
DEFAULT_VOLUME = 50


class Display(Struct, frozen=True):
    """Display settings. Reset at the end of every reception unless a family member is next."""

    language: str = JAPANESE
    size: Size = Size.NORMAL
    high_contrast: bool = False
    low: bool = False
    """Place all touch targets in the lower half, for patients who are seated or cannot reach up."""
    sound: bool = False
    """Play tones for events."""
    voice: bool = False
    """Speak the screen."""
    aloud: bool | None = None
    """Whether personal details may be spoken where others can hear. None if the patient has not been asked."""
    slow: bool = False
    """Speak slowly."""
    volume: int = DEFAULT_VOLUME
    """Voice volume in per cent."""
    more_time: bool = False
    """Extend every time limit for the patient."""

    @property
    def louder(self) -> int:
        """The next volume level. The loudest is followed by the quietest."""
        return VOLUMES[(VOLUMES.index(self.volume) + 1) % len(VOLUMES)]
