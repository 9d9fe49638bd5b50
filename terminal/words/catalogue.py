"""Message catalogues: all text shown or spoken to people, read from gettext .po files with Babel.

All languages have the same ids and placeholders, except for staff-only messages. If those are missing from a language,
the Japanese text is used.
"""

import gettext
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from config.settings import Profile, Settings
from consent.items import Wording
from terminal.words.languages import REFERENCE, Language, needs_original
from terminal.words.message_text import MessageText
from terminal.words.ruby import plain

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STAFF_ONLY = re.compile(
    r"(staff\.(?!coming)|status\.|handover\.|dock\.|webcam\.|screen\.|web\.(address-old|occupied)$)"
)
"""Ids of messages that patients never see: staff pages and dialogs, demo tools, and page access."""

Words = Callable[..., MessageText]
"""Function of message id and placeholder values that returns the text."""
Speak = Callable[[str], Words]
"""Function that returns the `Words` of a language for the institution."""


def is_for_staff(message_id: str) -> bool:
    """Return whether the message is for staff only."""
    return _STAFF_ONLY.match(message_id) is not None


@cache
def catalogue(language: str) -> Catalog:
    locale = Language(language).tag.replace("-", "_")
    with (files("terminal.words") / f"{language}.po").open("rb") as file:
        return read_po(file, locale=locale)


@cache
def _plural(language: str) -> Callable[[int], int]:
    """Return the function that maps a number to the index of its plural form, from the catalogue header."""
    return gettext.c2py(catalogue(language).plural_expr)


def words(language: str, *, profile: str = "", ruby: bool = False, **constants: str) -> Words:
    """Return a language's text. `constants` contains the values of constant placeholders (institution, staff).

    Profile-specific messages, whose ids end with the profile's name (`consent.harmless.pharmacy`), take precedence. The
    plural form is selected by the message's only number. Readings above kanji are removed unless `ruby` is set. `Words`
    raises KeyError for an unknown id.
    """

    def lookup(message_id: str, placeholders: Mapping[str, object]) -> str:
        for source in (language, REFERENCE) if is_for_staff(message_id) else (language,):
            messages = catalogue(source)
            message = messages.get(f"{message_id}.{profile}") or messages.get(message_id)
            if message is not None and message.string:
                return _plural_form(message, source, placeholders)
        raise KeyError(f"{message_id} is not in the {language} catalogue")

    place_names = {name: lookup(f"place.{name}", {}) for name in ("city", "institution", "staff")}
    constants = place_names | constants

    def say(message_id: str, **placeholders: object) -> MessageText:
        values = {**constants, **placeholders}
        text = _PLACEHOLDER.sub(lambda match: str(values[match[1]]), lookup(message_id, placeholders))
        return MessageText(text if ruby else plain(text), message_id, language, placeholders)

    return say


def _plural_form(message: Message, language: str, placeholders: Mapping[str, object]) -> str:
    forms = message.string or ""
    if isinstance(forms, str):
        return forms
    (number,) = (value for value in placeholders.values() if isinstance(value, int))
    return forms[_plural(language)(number)]


def speaker(settings: Settings, *, ruby: bool = False) -> Speak:
    """Return a function that returns the institution's text by language. `ruby` keeps the readings above kanji."""
    constants = {"city": settings.place.city_desk} if settings.place.city_desk else {}

    @cache
    def speak(language: str) -> Words:
        return words(language, profile=settings.profile.value, ruby=ruby, **constants)

    return speak


def wording_lines(shown: Wording, profile: Profile) -> tuple[str, ...]:
    """Return a question's lines as recorded in the ledger: the displayed text and the Japanese original, if shown."""
    languages = (shown.language, REFERENCE) if needs_original(shown.language) else (shown.language,)
    keys = [key for key in (shown.sentence, shown.topic) if key]
    return tuple(words(language, profile=profile.value)(key) for language in languages for key in keys)
