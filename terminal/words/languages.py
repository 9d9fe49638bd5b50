"""Screen languages, each with a message catalogue in this folder. docs/recipes.md explains how to add one."""

from enum import StrEnum

from config.settings import Settings


class Language(StrEnum):
    """Screen language. The value is the name of its message catalogue. By default, all are offered in this order."""

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
        """BCP 47 tag for browsers and voices."""
        return "ja" if self is Language.EASY_JAPANESE else self.value


LANGUAGES = tuple(language.value for language in Language)
REFERENCE = Language.JAPANESE.value
STAFF_LANGUAGES = (Language.JAPANESE.value, Language.ENGLISH.value)
"""Languages with staff-only messages."""

REVIEWED_BY_NATIVE_SPEAKERS = frozenset({Language.JAPANESE.value})
"""Languages reviewed by a native speaker."""


def offered_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages offered to patients. Every reception begins in the first one."""
    return settings.place.languages or LANGUAGES


def needs_original(language: str) -> bool:
    """Return whether consents in this language also show the Japanese text in small print."""
    return language not in REVIEWED_BY_NATIVE_SPEAKERS
