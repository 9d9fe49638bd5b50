"""Facts and outcomes reported by `reader` as values.

They contain no PIN, printed code, photo or name. Those are in `FaceRecord`, which only the conductor holds.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct


class Medium(StrEnum):
    """Kind of medium. A phone has its own certificate and no face record."""

    CARD = "card"
    PHONE_PIN = "phone-pin"
    """Phone with a four-digit PIN of its own, which is typed at the terminal."""
    PHONE_VERIFIES = "phone-verifies"
    """Phone that verifies its owner itself before it signs."""


class CardFacts(Struct, frozen=True):
    """Facts that can be read from the chip without PIN or code.

    `pin_tries_left` is 0 for both a PIN-less card and a locked PIN, which the chip does not distinguish.
    """

    certificate_not_before: datetime | None
    certificate_not_after: datetime | None
    """None if the certificate can only be read after the PIN, as on an Android phone."""
    card_expiry: date | None
    """Expiry date of the card, from the free record of the common application; None if it cannot be read."""
    pin_tries_left: int
    code_tries_left: int
    """Tries left for the printed code (照合番号B), 10 on a new card."""
    certificate_policies: tuple[str, ...] = ()
    """Dotted policy OIDs of the certificate, which distinguish production from test certificates."""
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
    CANNOT_TELL = "cannot-tell"
    """There is no trust anchor for the issuing key. The settings decide what this means."""


# --- problems that any card operation can return ------------------------------------------------------------


class CardGone(Struct, frozen=True):
    """The card was removed, the reader was unplugged, or another program reset the connection."""


class CardUnreadable(Struct, frozen=True):
    """The card is present, but its answer is malformed or has an unexpected status word."""

    status_word: int | None = None
    what: str = ""
    """The step that failed, in technical terms ("read certificate"), without data."""


class NotMyNumberCard(Struct, frozen=True):
    """The chip has neither the applications of a My Number Card nor the certificate of a phone."""


class NoCertificate(Struct, frozen=True):
    """A My Number Card without a user-authentication certificate."""


class TwoCards(Struct, frozen=True):
    """Two cards are on the reader, and it is unknown which one to use."""


CardProblem = CardGone | CardUnreadable

# --- VERIFY -------------------------------------------------------------------------------------------------


class PinRight(Struct, frozen=True):
    """VERIFY succeeded. The key can be used until the card loses power."""


class PinWrong(Struct, frozen=True):
    left: int


class PinLocked(Struct, frozen=True):
    pass


class PinNotSent(Struct, frozen=True):
    """The counter on the card differed from the one shown to the patient. Nothing was sent and no try was used."""

    left: int


PinOutcome = PinRight | PinWrong | PinLocked | PinNotSent


class CodeRight(Struct, frozen=True):
    """The printed code opened the face record."""


class CodeWrong(Struct, frozen=True):
    left: int


class CodeLocked(Struct, frozen=True):
    pass


class CodeNotSent(Struct, frozen=True):
    """The counter on the card had an unexpected value. Nothing was sent and no try was used."""

    left: int


CodeOutcome = CodeRight | CodeWrong | CodeLocked | CodeNotSent

# --- the slot -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardInserted:
    reader: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card reported last was removed."""

    reader: str = field(default="", compare=False)


class ReaderStanding(StrEnum):
    """Whether cards can be read, or what is missing."""

    READY = "ready"
    NONE = "none"
    """No reader is connected."""
    NAMED_MISSING = "named-missing"
    """Readers are connected, but not the one in the settings."""
    NO_SERVICE = "no-service"
    """The PC/SC service (pcscd) is not running or refuses access."""


class ReaderLost(Struct, frozen=True):
    """The reader was unplugged or the PC/SC service stopped."""

    reason: str
    standing: ReaderStanding = ReaderStanding.NONE
    """Whether cards can still be read; READY if another reader works."""


class ReaderFound(Struct, frozen=True):
    """Readers are connected. Reported at the first poll and whenever a reader is added or removed."""

    name: str
    """Names of the watched readers, separated by commas."""


SlotEvent = CardInserted | CardRemoved | ReaderLost | ReaderFound


class NoCard(Struct, frozen=True):
    """There is no card to connect to."""


@dataclass(frozen=True, slots=True)
class ReaderBusy:
    """Another program holds the card exclusively."""

    reader: str
    holders: tuple[str, ...] = field(default=(), compare=False)
    """Programs that are using PC/SC, most likely first, such as `scdaemon (process 4711)`."""

    def __str__(self) -> str:
        likely = f", most likely {' or '.join(self.holders[:2])}" if self.holders else ""
        return f"another program is using the card in {self.reader}{likely}: stop it, then put the card down again"


ConnectProblem = NoCard | ReaderBusy | ReaderLost | CardUnreadable | NotMyNumberCard | TwoCards
"""Here, `CardUnreadable` means that the card does not answer to reset, for example because it is upside down."""
