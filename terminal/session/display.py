"""How the patient wants to be addressed: language, look and voice, as plain values."""

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """Size of letters and targets."""

    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


VOLUMES = (12, 25, 50, 100)
"""Loudness of the voice in per cent of the amplitude, steps of 6 dB: 18 dB in all, as EN 301 549 8.2.1 asks for."""
USUAL_VOLUME = 50


@dataclass(frozen=True, slots=True)
class Display:
    """Reset at the end of every reception, unless a family member follows."""

    language: str = "ja"
    size: Size = Size.NORMAL
    high_contrast: bool = False
    low: bool = False
    """All targets in the lower half, for those who sit or cannot reach up."""
    sound: bool = False
    """Tones mark what happens."""
    voice: bool = False
    """Sentences are spoken."""
    aloud: bool | None = None
    """Whether others may hear what is said about the person; None: not asked yet."""
    slow: bool = False
    """Spoken slowly."""
    volume: int = USUAL_VOLUME
    """Loudness of the voice in per cent."""
    more_time: bool = False
    """Every wait for the patient is longer, in every state."""

    @property
    def louder(self) -> int:
        """The next volume; from the loudest to the quietest."""
        return VOLUMES[(VOLUMES.index(self.volume) + 1) % len(VOLUMES)]
