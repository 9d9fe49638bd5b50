"""Languages offered to patients. docs/recipes.md has the steps for adding one."""

from enum import StrEnum


class Language(StrEnum):
    """Values name the message catalogues in `terminal/words`."""

    JAPANESE = "ja"
    EASY_JAPANESE = "ja-easy"
    """やさしい日本語: short sentences, and readings above every kanji not learnt in primary school."""
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
