"""Settings for reading a card: card profile and maximum command length."""

from dataclasses import dataclass
from typing import Final

from reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX
from reader.card import MyNumberCard
from reader.link import CardLink
from reader.profile import PROFILES, RSA_2048, CardProfile
from reader.reader_models import ReaderModels

LONG_READS: Final = {"auto": EXTENDED_LE_MAX, "always": EXTENDED_LE_MAX, "never": SHORT_LE_MAX}
"""Maximum bytes per READ BINARY for each value of the setting `reader.long_reads`."""


@dataclass(frozen=True, slots=True)
class CardOpener:
    """Factory of `MyNumberCard` with these settings."""

    profile: CardProfile = RSA_2048
    longest_read: int = EXTENDED_LE_MAX
    models: ReaderModels | None = None
    """Limitations determined on this terminal; None if the command length is configured."""

    @classmethod
    def from_settings(cls, profile: str, long_reads: str, models: ReaderModels | None = None) -> "CardOpener":
        """Build an opener from the settings `reader.card_profile` and `reader.long_reads`.

        Raises `ValueError` for unknown values.
        """
        if profile not in PROFILES:
            raise ValueError(f"unknown card profile {profile!r}; known: {', '.join(PROFILES)}")
        if long_reads not in LONG_READS:
            raise ValueError(f"unknown value {long_reads!r} for long reads; known: {', '.join(LONG_READS)}")
        return cls(PROFILES[profile], LONG_READS[long_reads], models if long_reads == "auto" else None)

    def open(self, link: CardLink, reader: str = "") -> MyNumberCard:
        """Return the card connected by `link`. `reader`: reader name."""
        longest = self.longest_read if self.models is None else self.models.longest_read(reader)
        return MyNumberCard(link, self.profile, longest_read=longest)

    def record_longest_read(self, card: MyNumberCard, reader: str) -> None:
        """Record the reader's maximum read length after `card` was read completely."""
        if self.models is not None:
            self.models.record_read(reader, card.longest_read)


DEFAULT_OPENER: Final = CardOpener()
"""Opener with default settings, for cards issued since 2016."""
