"""How the patient wants to be spoken to: language, look and voice, as plain values."""

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """Size of letters and targets."""

    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class Display:
    """Reset at the end of every reception, unless a family member follows."""

    language: str = "ja"
    size: Size = Size.NORMAL
    high_contrast: bool = False
    low: bool = False
    """All targets in the lower half, for those who sit or cannot reach up."""
    sound: bool = False
    """Tones for what happens."""
    voice: bool = False
    """Sentences are spoken."""
    more_time: bool = False
    """Every wait for the patient is longer, in every state."""
