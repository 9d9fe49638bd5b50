"""Languages offered to patients. docs/recipes.md describes how to add one."""

from enum import StrEnum


class Language(StrEnum):
    """Language of a message catalogue in `terminal/words`; the value is the catalogue's name."""

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
