"""Facts and outcomes that `reader` reports to other packages, as values.

Nothing here holds a PIN, a printed code, a photo or a name: `FaceRecord` does, and stays with the conductor.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Medium(StrEnum):
    """What was put down. A phone carries a certificate of its own, and no face record."""

    CARD = "card"
    PHONE_PIN = "phone-pin"
    """A phone whose certificate is confirmed by the phone's own four digits, typed at the terminal."""
    PHONE_VERIFIES = "phone-verifies"
    """A phone that verifies its owner itself before it signs."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What can be read from the chip before anything is verified.

    `pin_tries_left` is 0 for a PIN-less card and for a locked one alike: the chip does not reveal which.
    """

    certificate_not_before: datetime | None
    certificate_not_after: datetime | None
    """None if the certificate can be read only after a PIN, as on an Android phone."""
    card_expiry: date | None
    """The day the card ends, from the common application's free record; None if it cannot be read."""
    pin_tries_left: int
    code_tries_left: int
    """Tries left for the printed code (照合番号B), 10 on an untouched card."""
    certificate_policies: tuple[str, ...] = ()
    """Policy OIDs of the certificate, dotted: they tell production from test certificates."""
    medium: Medium = Medium.CARD

    @property
    def pin_unavailable(self) -> bool:
        return self.pin_tries_left == 0

    @property
    def code_locked(self) -> bool:
        return self.code_tries_left == 0


class Authenticity(StrEnum):
    """Outcome of checking the face record against its three-group signature and the chain of CV certificates."""

    GENUINE = "genuine"
    FORGED = "forged"
    CANNOT_TELL = "cannot-tell"
    """No trust anchor for the issuing key: policy decides."""


# --- problems every card verb may answer with ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardGone:
    """The card was pulled, the reader unplugged, or the connection reset by another program."""


@dataclass(frozen=True, slots=True)
class CardUnreadable:
    """The card is there and its answer is malformed, or has a status word no rule covers."""

    status_word: int | None = None
    what: str = ""
    """Which step failed, in technical terms ("read certificate"); never data."""


@dataclass(frozen=True, slots=True)
class NotMyNumberCard:
    """The chip has neither the applications of a My Number Card nor a phone's certificate."""


@dataclass(frozen=True, slots=True)
class NoCertificate:
    """A My Number Card without a user-authentication certificate."""


@dataclass(frozen=True, slots=True)
class TwoCards:
    """Two cards are on the reader at once; it is unknown which one is meant."""


CardProblem = CardGone | CardUnreadable

# --- VERIFY -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PinRight:
    """VERIFY succeeded; the key may be used until the card loses power."""


@dataclass(frozen=True, slots=True)
class PinWrong:
    left: int


@dataclass(frozen=True, slots=True)
class PinLocked:
    pass


@dataclass(frozen=True, slots=True)
class PinNotSent:
    """The counter on the card was not the one shown to the patient; nothing was sent, no try was spent."""

    left: int


PinOutcome = PinRight | PinWrong | PinLocked | PinNotSent


@dataclass(frozen=True, slots=True)
class CodeRight:
    """The printed code opened the face record."""


@dataclass(frozen=True, slots=True)
class CodeWrong:
    left: int


@dataclass(frozen=True, slots=True)
class CodeLocked:
    pass


@dataclass(frozen=True, slots=True)
class CodeNotSent:
    """As `PinNotSent`: the card's counter was not the expected one, no try was spent."""

    left: int


CodeOutcome = CodeRight | CodeWrong | CodeLocked | CodeNotSent

# --- the slot -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardInserted:
    reader: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card reported last is gone."""

    reader: str = field(default="", compare=False)


class ReaderStanding(StrEnum):
    """Whether cards can be read, and what is missing if not."""

    READY = "ready"
    NONE = "none"
    """No reader is connected."""
    NAMED_MISSING = "named-missing"
    """Readers are connected, but not the one the settings name."""
    NO_SERVICE = "no-service"
    """The PC/SC service (pcscd) does not run or refuses access."""


@dataclass(frozen=True, slots=True)
class ReaderLost:
    """The reader was unplugged or the PC/SC service went away."""

    reason: str
    standing: ReaderStanding = ReaderStanding.NONE
    """Whether cards can still be read: READY if another reader works."""


@dataclass(frozen=True, slots=True)
class ReaderFound:
    """Readers are connected; reported at the first poll and whenever one is added or removed."""

    name: str
    """Name of the reader, or of all that are watched, separated by commas."""


SlotEvent = CardInserted | CardRemoved | ReaderLost | ReaderFound


@dataclass(frozen=True, slots=True)
class NoCard:
    """Nothing to connect to."""


@dataclass(frozen=True, slots=True)
class ReaderBusy:
    """Another program holds the card exclusively."""

    reader: str
    holders: tuple[str, ...] = field(default=(), compare=False)
    """Programs that use PC/SC now, most likely first: `scdaemon (process 4711)`."""

    def __str__(self) -> str:
        likely = f", most likely {' or '.join(self.holders[:2])}" if self.holders else ""
        return f"another program holds the card in {self.reader}{likely}: end it, then put the card down again"


ConnectProblem = NoCard | ReaderBusy | ReaderLost | CardUnreadable | NotMyNumberCard | TwoCards
"""`CardUnreadable` here: a card is on the reader but does not answer its reset (upside down)."""
