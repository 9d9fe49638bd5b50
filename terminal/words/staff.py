"""Sentences of the staff page in Japanese and English, in a catalogue separate from the patient's."""

from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from config.settings import Settings
from terminal.words.catalogue import Words, speaker
from terminal.words.said import Said

PAGE = "page."
"""Prefix of the page's own text ids."""


@cache
def staff_catalogue(language: str) -> Catalog:
    with (files("terminal.words") / f"staff_{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def staff_words(settings: Settings, language: str) -> Words:
    """Return staff's sentences, or the patient's for ids missing there. Raises KeyError for an unknown id."""
    messages = staff_catalogue(language)
    patients = speaker(settings)(language)

    def say(message_id: str, **placeholders: object) -> Said:
        message = messages.get(message_id)
        if message is None or not isinstance(message.string, str):
            return patients(message_id, **placeholders)
        return Said(message.string.format(**placeholders), message_id, language, placeholders)

    return say


def page_words(language: str) -> dict[str, str]:
    """Return the page's own texts, by id without the prefix; the page fills the placeholders."""
    return {
        str(message.id).removeprefix(PAGE): str(message.string)
        for message in staff_catalogue(language)
        if str(message.id).startswith(PAGE)
    }
