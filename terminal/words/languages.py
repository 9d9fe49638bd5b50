"""The languages of the screen, each with a message catalogue in this folder (docs/recipes.md: how to add one)."""

from enum import StrEnum

from config.settings import Settings


class Language(StrEnum):
    """Values name the message catalogues. By default all languages are offered, in this order."""

    JAPANESE = "ja"
    EASY_JAPANESE = "ja-easy"
    """やさしい日本語 (plain Japanese): short sentences, with readings above kanji not taught in primary school."""
    ENGLISH = "en"
    CHINESE = "zh-Hans"
    KOREAN = "ko"
    SPANISH = "es"
    PORTUGUESE = "pt"
    VIETNAMESE = "vi"

    @property
    def tag(self) -> str:
        """BCP 47 tag, as used by browsers and voices."""
        return "ja" if self is Language.EASY_JAPANESE else self.value


LANGUAGES = tuple(language.value for language in Language)
REFERENCE = Language.JAPANESE.value
STAFF_LANGUAGES = (Language.JAPANESE.value, Language.ENGLISH.value)
"""Languages that also have the staff sentences."""

NATIVELY_CHECKED = frozenset({Language.JAPANESE.value})
"""Languages whose sentences a native speaker has checked."""


def offered_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages offered to patients, in order; every reception begins in the first."""
    return settings.place.languages or LANGUAGES


def needs_original(language: str) -> bool:
    """Return whether a consent in that language shows the Japanese sentence below it, in small print."""
    return language not in NATIVELY_CHECKED
