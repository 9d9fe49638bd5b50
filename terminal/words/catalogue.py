"""All sentences for people, by message id and language: gettext catalogues, read from their .po files by Babel.

A test checks that all languages have the same ids and placeholders. Japanese is the reference: staff-only sentences may
be missing from patients' languages and then appear in Japanese.
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
from terminal.words.ruby import plain
from terminal.words.said import Said

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STAFF_ONLY = re.compile(
    r"(staff\.(?!coming)|status\.|handover\.|dock\.|webcam\.|screen\.|web\.(address-old|occupied)$)"
)
"""Ids that no patient sees: staff pages and dialogs, the demo's tools, and how to open the page."""

Words = Callable[..., Said]
"""`words(message_id, **placeholders)` returns the sentence."""
Speak = Callable[[str], Words]
"""`speak(language)` returns that language's sentences, with the institution's own words filled in."""


def is_for_staff(message_id: str) -> bool:
    """Return whether the sentence is for staff only, never on a patient's screen or spoken to a patient."""
    return _STAFF_ONLY.match(message_id) is not None


@cache
def catalogue(language: str) -> Catalog:
    locale = Language(language).tag.replace("-", "_")
    with (files("terminal.words") / f"{language}.po").open("rb") as file:
        return read_po(file, locale=locale)


@cache
def _plural(language: str) -> Callable[[int], int]:
    """Return the function that picks a message's plural form for a number, from the catalogue's header."""
    return gettext.c2py(catalogue(language).plural_expr)


def words(language: str, *, profile: str = "", ruby: bool = False, **always: str) -> Words:
    """Return one language's sentences; `always` fills placeholders that never change (institution, staff).

    A sentence that another kind of institution words differently is in the catalogue twice: under its id, and under
    that id with the profile's name (`consent.harmless.pharmacy`). Plural forms are chosen by the message's only number.
    Readings above kanji are dropped unless `ruby`. Raises KeyError for an id in no catalogue: a programming error.
    """

    def text_of(message_id: str, placeholders: Mapping[str, object]) -> str:
        for source in (language, REFERENCE) if is_for_staff(message_id) else (language,):
            messages = catalogue(source)
            message = messages.get(f"{message_id}.{profile}") or messages.get(message_id)
            if message is not None and message.string:
                return _form(message, source, placeholders)
        raise KeyError(f"{message_id} is not in the {language} catalogue")

    place = {name: text_of(f"place.{name}", {}) for name in ("city", "institution", "staff")}
    filled = place | always

    def say(message_id: str, **placeholders: object) -> Said:
        values = {**filled, **placeholders}
        text = _PLACEHOLDER.sub(lambda found: str(values[found[1]]), text_of(message_id, placeholders))
        return Said(text if ruby else plain(text), message_id, language, placeholders)

    return say


def _form(message: Message, language: str, placeholders: Mapping[str, object]) -> str:
    forms = message.string or ""
    if isinstance(forms, str):
        return forms
    (number,) = (value for value in placeholders.values() if isinstance(value, int))
    return forms[_plural(language)(number)]


def speaker(settings: Settings, *, ruby: bool = False) -> Speak:
    """Return every language's sentences in this institution's wording; `ruby` keeps the readings."""
    named = {"city": settings.place.city_desk} if settings.place.city_desk else {}

    @cache
    def speak(language: str) -> Words:
        return words(language, profile=settings.profile.value, ruby=ruby, **named)

    return speak


def wording_lines(shown: Wording, profile: Profile) -> tuple[str, ...]:
    """Return a question as shown on the screen with the Japanese original below it, as recorded in the ledger."""
    languages = (shown.language, REFERENCE) if needs_original(shown.language) else (shown.language,)
    keys = [key for key in (shown.sentence, shown.topic) if key]
    return tuple(words(language, profile=profile.value)(key) for language in languages for key in keys)
