"""The languages a patient can be spoken to in."""

from enum import StrEnum


class Language(StrEnum):
    """Values name the message catalogues in `terminal/words`."""

    JAPANESE = "ja"
    ENGLISH = "en"

    @property
    def tag(self) -> str:
        """BCP 47 tag: what a browser or a voice calls it."""
        return self.value
