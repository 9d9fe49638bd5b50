"""What is to be spoken and sounded, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.words.aloud import is_private
from terminal.words.said import Said

HARMLESS = frozenset({"key"})
"""Placeholders whose values reveal nothing about the person or the moment."""


class Tone(StrEnum):
    """Sounds that need no voice installed."""

    QUESTION = "question"
    """Something is asked."""
    CARD = "card"
    """A card was noticed."""
    DIGIT = "digit"
    """A digit was typed: the same for each, as a queue stands behind."""
    SUCCESS = "success"
    ERROR = "error"
    TAKE_CARD = "take-card"
    """The card is still there."""


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """One sentence as it is written, in its language; readings above kanji may stand in it."""

    text: str
    language: str
    private: bool = True
    kept: bool = False
    """It holds no data of this person: its sound may be kept."""


def sentence(text: str, language: str) -> SpokenSentence:
    """`language`: of a text that does not know its own."""
    if not isinstance(text, Said):
        return SpokenSentence(text, language)
    kept = set(text.values) <= HARMLESS
    return SpokenSentence(str(text), text.language or language, is_private(text), kept)


@dataclass(frozen=True, slots=True)
class Saying:
    """Sentences one after the other, after a tone. Without any, silence."""

    sentences: tuple[SpokenSentence, ...] = ()
    tone: Tone | None = None
    cuts: bool = True
    """What is being said stops. Otherwise this is left out while something is being said."""
    slow: bool = False
    volume: int = 50
    """Per cent."""
