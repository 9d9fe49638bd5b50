"""How the card on a reader is read: its generation, and how long the commands may be."""

from dataclasses import dataclass
from typing import Final

from reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX
from reader.card import MyNumberCard
from reader.link import CardLink
from reader.profile import PROFILES, RSA_2048, CardProfile

LONG_READS: Final = {"auto": EXTENDED_LE_MAX, "always": EXTENDED_LE_MAX, "never": SHORT_LE_MAX}
"""Setting `reader.long_reads` to the longest READ BINARY, bytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What `MyNumberCard` is opened with."""

    profile: CardProfile = RSA_2048
    longest_read: int = EXTENDED_LE_MAX

    @classmethod
    def of(cls, profile: str, long_reads: str) -> "Reading":
        """From the settings `reader.card_profile` and `reader.long_reads`. Raises `ValueError` for unknown values."""
        if profile not in PROFILES:
            raise ValueError(f"no card profile is called {profile!r}; known: {', '.join(PROFILES)}")
        if long_reads not in LONG_READS:
            raise ValueError(f"long reads are {', '.join(LONG_READS)}, not {long_reads!r}")
        return cls(PROFILES[profile], LONG_READS[long_reads])

    def open(self, link: CardLink) -> MyNumberCard:
        """The card on `link`."""
        return MyNumberCard(link, self.profile, longest_read=self.longest_read)


AS_DELIVERED: Final = Reading()
"""The card handed out since 2016, long commands tried."""
