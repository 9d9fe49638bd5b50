"""Message catalogues of the staff page, in Japanese and English."""

from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from config.settings import Settings
from terminal.words.catalogue import Words, speaker
from terminal.words.message_text import MessageText

PAGE = "page."
"""Prefix of the ids used by the page's scripts."""


@cache
def staff_catalogue(language: str) -> Catalog:
    with (files("terminal.words") / f"staff_{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def staff_words(settings: Settings, language: str) -> Words:
    """Return the staff page's text, with patient text as fallback. `Words` raises KeyError for an unknown id."""
    messages = staff_catalogue(language)
    fallback = speaker(settings)(language)

    def say(message_id: str, **placeholders: object) -> MessageText:
        message = messages.get(message_id)
        if message is None or not isinstance(message.string, str):
            return fallback(message_id, **placeholders)
        return MessageText(message.string.format(**placeholders), message_id, language, placeholders)

    return say


def page_text(language: str) -> dict[str, str]:
    """Return the text used by the page's scripts, by id without prefix. The page fills in the placeholders."""
    return {
        str(message.id).removeprefix(PAGE): str(message.string)
        for message in staff_catalogue(language)
        if str(message.id).startswith(PAGE)
    }
