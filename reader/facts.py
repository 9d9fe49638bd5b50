"""Values returned by `reader`: facts about a card, outcomes of operations, and events.

They contain no PIN, printed code, photo or name. Photo and name are in `FaceRecord`, which only the conductor uses.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct


class Medium(StrEnum):
    """Card or phone. A phone has its own certificate and no face record."""

    CARD = "card"
    PHONE_PIN = "phone-pin"
    """Phone with its own four-digit PIN, which is entered at the terminal."""
    PHONE_VERIFIES = "phone-verifies"
    """Phone that verifies its owner before signing."""


class CardFacts(Struct, frozen=True):
    """Facts read from the chip without PIN or code.

    `pin_tries_left` is 0 for a PIN-less card and for a locked PIN. The chip does not distinguish them.
    """

    certificate_not_before: datetime | None
    certificate_not_after: datetime | None
    """None if reading the certificate requires the PIN, as on an Android phone."""
    card_expiry: date | None
    """Expiry date of the card, from the common application's unprotected record; None if unreadable."""
    pin_tries_left: int
    code_tries_left: int
    """Tries left for the printed code (照合番号B). A new card has 10."""
    certificate_policies: tuple[str, ...] = ()
    """Dotted policy OIDs of the certificate, which differ between production and test certificates."""
    medium: Medium = Medium.CARD

    @property
    def pin_unavailable(self) -> bool:
        return self.pin_tries_left == 0

    @property
    def code_locked(self) -> bool:
        return self.code_tries_left == 0


class Authenticity(StrEnum):
    """Result of verifying the three-group signature of the face record and its CV certificate chain."""

    GENUINE = "genuine"
    FORGED = "forged"
    UNVERIFIABLE = "cannot-tell"
    """No trust anchor for the issuing key is configured. The settings define how the terminal proceeds."""


# --- problems returned by any card operation ----------------------------------------------------------------


class CardGone(Struct, frozen=True):
    """The card was removed, the reader was unplugged, or another program reset the connection."""


class CardUnreadable(Struct, frozen=True):
    """The card is present, but its response is malformed or has an unexpected status word."""

    status_word: int | None = None
    operation: str = ""
    """Failed operation, such as "read certificate", without card data."""


class NotMyNumberCard(Struct, frozen=True):
    """The chip has neither My Number Card applications nor a phone's certificate."""


class NoCertificate(Struct, frozen=True):
    """A My Number Card without a user-authentication certificate."""


class TwoCards(Struct, frozen=True):
    """Two cards are present, and the one to use is ambiguous."""


CardProblem = CardGone | CardUnreadable

# --- VERIFY -------------------------------------------------------------------------------------------------


class PinVerified(Struct, frozen=True):
    """VERIFY succeeded. The key is usable until the card loses power."""


class PinWrong(Struct, frozen=True):
    left: int


class PinLocked(Struct, frozen=True):
    pass


class PinNotSent(Struct, frozen=True):
    """The card's counter differs from the displayed one. VERIFY was not sent, so no try was used."""

    left: int


PinOutcome = PinVerified | PinWrong | PinLocked | PinNotSent


class CodeVerified(Struct, frozen=True):
    """VERIFY succeeded, and the face record is readable."""


class CodeWrong(Struct, frozen=True):
    left: int


class CodeLocked(Struct, frozen=True):
    pass


class CodeNotSent(Struct, frozen=True):
    """The card's counter has an unexpected value. VERIFY was not sent, so no try was used."""

    left: int


CodeOutcome = CodeVerified | CodeWrong | CodeLocked | CodeNotSent

# --- the slot -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardInserted:
    reader: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The most recently inserted card was removed."""

    reader: str = field(default="", compare=False)


class ReaderStatus(StrEnum):
    """Whether cards can be read, and if not, what is missing."""

    READY = "ready"
    NONE = "none"
    """No reader is connected."""
    NAMED_MISSING = "named-missing"
    """Readers are connected, but not the one chosen in the settings."""
    NO_SERVICE = "no-service"
    """The PC/SC service (pcscd) is not running or refuses access."""


class ReaderLost(Struct, frozen=True):
    """The reader was unplugged or the PC/SC service stopped."""

    reason: str
    status: ReaderStatus = ReaderStatus.NONE
    """Whether cards can be read anyway; READY if another reader works."""


class ReaderFound(Struct, frozen=True):
    """Readers are connected. Reported at the first poll and whenever the set of readers changes."""

    name: str
    """Names of the watched readers, separated by commas."""


SlotEvent = CardInserted | CardRemoved | ReaderLost | ReaderFound


class NoCard(Struct, frozen=True):
    """No card is present."""


@dataclass(frozen=True, slots=True)
class ReaderBusy:
    """Another program is using the card exclusively."""

    reader: str
    holders: tuple[str, ...] = field(default=(), compare=False)
    """Programs that are using PC/SC, most likely first, such as `scdaemon (process 4711)`."""

    def __str__(self) -> str:
        likely = f", most likely {' or '.join(self.holders[:2])}" if self.holders else ""
        cause = f"another program is using the card in {self.reader}{likely}"
        return f"{cause}: stop it and place the card on the reader again"


ConnectProblem = NoCard | ReaderBusy | ReaderLost | CardUnreadable | NotMyNumberCard | TwoCards
"""Here, `CardUnreadable` means that the card does not answer to reset, for example because it is upside down."""
