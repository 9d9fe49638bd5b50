"""Sentences that can be rendered in advance: those spoken to patients that contain no values."""

import re

from terminal.voice.saying import SpokenSentence, sentence
from terminal.words.aloud import marks
from terminal.words.catalogue import Speak, catalogue

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_OURS = frozenset({"institution", "staff", "city"})
"""Placeholders filled with the institution's own texts."""
_DRAWN_ONLY = ("app.", "place.", "web.", "step.", "card.", "code.birth-date.shape")
_KEYS = "123456789"


def repertoire(language: str, speak: Speak) -> tuple[SpokenSentence, ...]:
    """Return the sentences of a language. Public sentences come first, because they are needed first."""
    say = speak(language)
    texts = [
        say(message_id)
        for group in ("public", "private")
        for message_id in sorted(marks()[group])
        if _can_be_rendered(message_id, language)
    ]
    texts += [say("voice.key", key=key) for key in _KEYS]
    found = dict.fromkeys(sentence(text, language) for text in texts)
    return tuple(one for one in found if one.text.strip())


def _can_be_rendered(message_id: str, language: str) -> bool:
    if message_id.startswith(_DRAWN_ONLY):
        return False
    message = catalogue(language).get(message_id)
    if message is None or not isinstance(message.string, str):
        return False  # wordings of a profile are included under the plain id
    return set(_PLACEHOLDER.findall(message.string)) <= _OURS
