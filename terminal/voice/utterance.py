"""Utterances as plain values: sentences and tones to play."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.words.aloud import is_private
from terminal.words.message_text import MessageText

PUBLIC_PLACEHOLDERS = frozenset({"key"})
"""Placeholders without patient data."""


class Tone(StrEnum):
    """Tone, which requires no installed voice."""

    QUESTION = "question"
    """A new question."""
    CARD = "card"
    """A card was detected."""
    DIGIT = "digit"
    """A digit was typed. All digits have the same tone, because others may hear it."""
    SUCCESS = "success"
    ERROR = "error"
    TAKE_CARD = "take-card"
    """The card is still on the reader."""


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """Sentence as written, possibly with ruby readings."""

    text: str
    language: str
    private: bool = True
    cacheable: bool = False
    """Whether its sound may be stored. False if it may contain patient data."""


def spoken_sentence(text: str, language: str) -> SpokenSentence:
    """Convert `text` to a spoken sentence. `language` is the default if the text does not specify one."""
    if not isinstance(text, MessageText):
        return SpokenSentence(text, language)
    cacheable = set(text.values) <= PUBLIC_PLACEHOLDERS
    return SpokenSentence(str(text), text.language or language, is_private(text), cacheable)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A tone followed by sentences. An empty utterance only interrupts the current speech."""

    sentences: tuple[SpokenSentence, ...] = ()
    tone: Tone | None = None
    interrupts: bool = True
    """Whether to interrupt the current speech. Otherwise the utterance is dropped during speech."""
    slow: bool = False
    volume: int = 50
    """Volume in percent."""
