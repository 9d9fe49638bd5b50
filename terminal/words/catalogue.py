"""Every sentence a person reads, by message id and language: gettext catalogues, read from their .po files by Babel.

A test holds all languages to the same ids and placeholders.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from config.settings import Settings

LANGUAGES = ("ja", "en")

Words = Callable[..., str]
"""`words(message_id, **placeholders) -> str`"""
Speak = Callable[[str], Words]
"""`speak(language)` gives that language's sentences, the institution's own words filled in."""


@cache
def catalogue(language: str) -> Catalog:
    with (files("terminal.words") / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def words(language: str, *, profile: str = "", **always: str) -> Words:
    """The sentences of one language; `always` fills placeholders that are the same everywhere (institution, staff).

    A sentence that another kind of institution says otherwise stands a second time, under its id and the profile's
    name (`consent.harmless.pharmacy`). Raises KeyError for an id that is in no catalogue: a programming mistake.
    """
    messages = catalogue(language)
    filled = {"city": str(messages["place.city"].string)} | always

    def say(message_id: str, **placeholders: object) -> str:
        message = messages.get(f"{message_id}.{profile}") or messages.get(message_id)
        if message is None or not isinstance(message.string, str):
            raise KeyError(f"{message_id} is not in the {language} catalogue")
        return message.string.format(**{**filled, **placeholders})

    return say


def speaker(settings: Settings) -> Speak:
    """Return the sentences of every language as this institution says them."""
    named = {"city": settings.place.city_desk} if settings.place.city_desk else {}

    @cache
    def speak(language: str) -> Words:
        place = settings.profile_row.words_in(language)
        own = {"institution": place.institution, "staff": place.staff} | named
        return words(language, profile=settings.profile.value, **own)

    return speak


def question_wording(language: str, question_id: str, **always: str) -> str:
    """The question as it stands on the screen: what the ledger keeps of it."""
    return words(language, **always)(f"question.{question_id}")
