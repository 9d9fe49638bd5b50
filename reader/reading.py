"""Parameters for reading the card on a reader: its generation, and the longest command."""

from dataclasses import dataclass
from typing import Final

from reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX
from reader.card import MyNumberCard
from reader.link import CardLink
from reader.models import ReaderModels
from reader.profile import PROFILES, RSA_2048, CardProfile

LONG_READS: Final = {"auto": EXTENDED_LE_MAX, "always": EXTENDED_LE_MAX, "never": SHORT_LE_MAX}
"""Setting `reader.long_reads` to the longest READ BINARY, bytes."""


@dataclass(frozen=True, slots=True)
class CardOpener:
    """The parameters with which `MyNumberCard` is opened."""

    profile: CardProfile = RSA_2048
    longest_read: int = EXTENDED_LE_MAX
    models: ReaderModels | None = None
    """Models found on this terminal; None if the settings fix the length of commands."""

    @classmethod
    def of(cls, profile: str, long_reads: str, models: ReaderModels | None = None) -> "CardOpener":
        """From the settings `reader.card_profile` and `reader.long_reads`. Raises `ValueError` for unknown values."""
        if profile not in PROFILES:
            raise ValueError(f"unknown card profile {profile!r}; known: {', '.join(PROFILES)}")
        if long_reads not in LONG_READS:
            raise ValueError(f"long reads are {', '.join(LONG_READS)}, not {long_reads!r}")
        return cls(PROFILES[profile], LONG_READS[long_reads], models if long_reads == "auto" else None)

    def open(self, link: CardLink, reader: str = "") -> MyNumberCard:
        """Return the card on `link`, which is connected to the reader of that name."""
        longest = self.longest_read if self.models is None else self.models.longest_read(reader)
        return MyNumberCard(link, self.profile, longest_read=longest)

    def note(self, card: MyNumberCard, reader: str) -> None:
        """After `card` was read completely, remember what its reader needs."""
        if self.models is not None:
            self.models.note(reader, card.longest_read)


AS_DELIVERED: Final = CardOpener()
"""The card handed out since 2016, long commands tried."""
