"""Sentences and tones to play, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.words.aloud import is_private
from terminal.words.said import Said

HARMLESS = frozenset({"key"})
"""Placeholders whose values reveal nothing about the patient or the situation."""


class Tone(StrEnum):
    """Tone, available without an installed voice."""

    QUESTION = "question"
    """A new question."""
    CARD = "card"
    """A card was detected."""
    DIGIT = "digit"
    """A digit was typed. The tone is the same for all digits, because others may hear it."""
    SUCCESS = "success"
    ERROR = "error"
    TAKE_CARD = "take-card"
    """Reminder that the card is on the reader."""


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """Sentence as written, with its language. May contain ruby readings."""

    text: str
    language: str
    private: bool = True
    kept: bool = False
    """Whether its sound may be stored, because it contains no patient data."""


def sentence(text: str, language: str) -> SpokenSentence:
    """Return `text` as a spoken sentence. `language` is used if the text has no language of its own."""
    if not isinstance(text, Said):
        return SpokenSentence(text, language)
    kept = set(text.values) <= HARMLESS
    return SpokenSentence(str(text), text.language or language, is_private(text), kept)


@dataclass(frozen=True, slots=True)
class Saying:
    """A tone followed by sentences. Without either, it means silence."""

    sentences: tuple[SpokenSentence, ...] = ()
    tone: Tone | None = None
    cuts: bool = True
    """Whether this interrupts the current speech. Otherwise it is skipped during speech."""
    slow: bool = False
    volume: int = 50
    """Volume in per cent."""
