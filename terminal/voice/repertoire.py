"""Sentences to render in advance: all patient sentences without variable values."""

import re

from terminal.voice.utterance import SpokenSentence, spoken_sentence
from terminal.words.aloud import marked_ids
from terminal.words.catalogue import Speak, catalogue

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CONSTANT = frozenset({"institution", "staff", "city"})
"""Placeholders with institution-specific but constant values."""
_VISUAL_ONLY = ("app.", "place.", "web.", "step.", "card.", "code.birth-date.format")
_KEYS = "123456789"


def repertoire(language: str, speak: Speak) -> tuple[SpokenSentence, ...]:
    """Return a language's sentences. Public sentences come first, because they are needed first."""
    say = speak(language)
    texts = [
        say(message_id)
        for group in ("public", "private")
        for message_id in sorted(marked_ids()[group])
        if _can_be_rendered(message_id, language)
    ]
    texts += [say("voice.key", key=key) for key in _KEYS]
    sentences = dict.fromkeys(spoken_sentence(text, language) for text in texts)
    return tuple(sentence for sentence in sentences if sentence.text.strip())


def _can_be_rendered(message_id: str, language: str) -> bool:
    if message_id.startswith(_VISUAL_ONLY):
        return False
    message = catalogue(language).get(message_id)
    if message is None or not isinstance(message.string, str):
        return False  # profile-specific wordings are included by their plain id
    return set(_PLACEHOLDER.findall(message.string)) <= _CONSTANT
