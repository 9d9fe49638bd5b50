"""States of a reception: a closed union of frozen values holding handles and facts, never a secret.

A state may be logged, replayed and printed. PIN, printed code, photo, encodings, certificate and names are kept in the
conductor's `Patient`.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from consent.items import Item, Question
from reader.facts import ReaderStanding
from terminal.problems import ProblemCode
from terminal.qualification.contract import (
    CertificateStanding,
    Purpose,
    WaitingPrescription,
    Way,
)
from terminal.session.display import Display as Display
from terminal.session.display import Size as Size
from terminal.session.events import Aside as Aside
from terminal.session.reception import Check as Check
from terminal.session.reception import Front as Front
from terminal.session.reception import Reception as Reception
from vision.printed.guidance import CardGuidance
from vision.verdict import FaceCheckProgress


class WhyHere(StrEnum):
    """One line of reason above the offer."""

    NOTHING = ""
    NO_CAMERA = "no-camera"
    NO_PHOTO = "no-photo"
    PHOTO_WITHOUT_FACE = "photo-without-face"
    """The card's photo was read, and no single face is found in it."""
    CODE_LOCKED = "code-locked"
    FACE_NOT_MATCHED = "face-not-matched"
    PIN_UNAVAILABLE = "pin-unavailable"
    PINLESS = "pinless"
    """The card was issued without a PIN: there is none to unlock."""
    PIN_LOCKED_NOW = "pin-locked-now"
    PIN_FORGOTTEN = "pin-forgotten"
    PIN_NEEDED = "pin-needed"
    """The face alone is not enough here, and this card's PIN cannot be used."""
    FACE_MATCHED = "face-matched"
    """The first of two: here the PIN is asked for too."""
    BOTH_ASKED = "both-asked"
    """The face comes first here, the PIN after it."""
    FEW_CODE_TRIES = "few-code-tries"
    """With few tries left the printed code is not sent automatically: it is typed."""
    PHONE_NOT_CONFIRMED = "phone-not-confirmed"
    PROXY = "proxy"
    """Another person brought the card: no face is compared."""


class WhyLeft(StrEnum):
    """How a reception ended before its check was open; said on the first screen for a moment."""

    LEFT = "left"
    CARD_REMOVED = "card-removed"
    TIMED_OUT = "timed-out"


class Help(StrEnum):
    """ "In difficulty", at the first screen."""

    MENU = "menu"
    NO_CARD = "no-card"
    LANGUAGES = "languages"
    """All languages are on the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed:
    deadline: float
    """Monotonic seconds at which the state gives up."""
    warned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _InReception(_Timed):
    reception: Reception
    waiting: int | None = None
    """The effect whose answer this state waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    camera: bool = True
    reader: ReaderStanding = ReaderStanding.READY
    staff: bool = False
    """Staff opens the next reception."""
    child: bool = False
    """The next card is a child's."""
    proxy: bool = False
    """The next card is brought by another person."""
    help: Help | None = None
    looking: bool = False
    """The camera looks for a card's front, as the patient asked."""
    guidance: CardGuidance | None = None
    """What would make the front readable."""
    purpose: Purpose = Purpose.RECEPTION
    mode_until: float | None = None
    """When staff's and the inquiry's mark and the display choice fall back."""
    card_left: int | None = None
    """A card of an ended reception is still on the reader."""
    remind_at: float | None = None
    alert_at: float | None = None
    """When staff are told about that card; None if they have been."""
    left: WhyLeft | None = None
    """How the last reception ended, while that is said."""
    left_until: float | None = None

    @property
    def out_of_service(self) -> ProblemCode | None:
        """Why no card can be put down now."""
        return None if self.reader is ReaderStanding.READY else ProblemCode.READER_LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown(Idle):
    """The first screen while a printed code waits for its card: it was read from a front shown to the camera.

    The conductor keeps the code itself, under the handle `shown`.
    """

    shown: str
    expiry: date
    pinless: bool = False
    deadline: float
    """Monotonic seconds at which the code is wiped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(_InReception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosingMethod(_InReception):
    """`ways` is empty if only staff can help."""

    ways: tuple[Way, ...]
    why: WhyHere = WhyHere.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCodeEntry(_InReception):
    target: Way
    """What the face record is needed for: FACE or STAFF."""
    scanning: bool = False
    """The camera looks for the card's front; the code can be typed instead."""
    guidance: CardGuidance | None = None
    wrong: bool = False
    why: WhyHere = WhyHere.NOTHING
    card_expiry_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCheck(_InReception):
    attempt: int
    suspected: bool = False
    """The previous attempt ended because a photograph was suspected."""
    progress: FaceCheckProgress | None = None


class PinPhase(StrEnum):
    TYPING = "typing"
    FETCHING = "fetching"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEntry(_InReception):
    left: int
    phase: PinPhase = PinPhase.TYPING
    last_confirmed: bool = False
    wrong: bool = False
    why: WhyHere = WhyHere.NOTHING

    @property
    def needs_confirmation(self) -> bool:
        return self.left == 1 and not self.last_confirmed


class PhonePhase(StrEnum):
    FETCHING = "fetching"
    ON_PHONE = "on-phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCheck(_InReception):
    """The phone verifies its owner, who is asked to look at it."""

    phase: PhonePhase


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCheck(_InReception):
    has_photo: bool


class OpeningPhase(StrEnum):
    FETCHING = "fetching"
    PROVING = "proving"
    ASKING = "asking"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(_InReception):
    way: Way
    phase: OpeningPhase
    staff_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(_InReception):
    standing: CertificateStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(_InReception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(_InReception):
    """`index` None: all questions at once. Otherwise that one question."""

    questions: tuple[Question, ...]
    index: int | None

    @property
    def question(self) -> Question | None:
        return None if self.index is None else self.questions[self.index]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificDisease(_InReception):
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsidies(_InReception):
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription(_InReception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispensing(_InReception):
    """Which of several prescriptions to dispense."""

    prescriptions: tuple[WaitingPrescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(_InReception):
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(_InReception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting(_InReception):
    outcome: "Outcome"
    flags: tuple[tuple[Item, bool], ...]
    recorded: bool = False
    """The ledger has the decision on disk: nothing aborts it any more."""


class Outcome(StrEnum):
    DONE = "done"
    NOTHING_SHARED = "nothing-shared"
    """Left early: the qualification went through, nothing is shared."""
    NOT_VALID = "not-valid"
    AWAITING = "awaiting"
    """The service was silent: the outbox holds the decision (確認待ち)."""
    REGISTRATION_DECLINED = "registration-declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete(_InReception):
    outcome: Outcome
    flags: tuple[tuple[Item, bool], ...] = ()
    delivered: bool = True
    shown_until: float
    details_until: float | None = None
    """Whether each answer is shown, as asked for by touch; otherwise only counts are shown."""
    remind_at: float
    alert_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(_InReception):
    problem: ProblemCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry(_InReception):
    registered: bool
    valid: bool


Asking = Consent | SpecificDisease | Subsidies | Prescription | Dispensing | Limit | Summary
AfterIdle = (
    Reading
    | ChoosingMethod
    | PrintedCodeEntry
    | FaceCheck
    | PinEntry
    | PhoneCheck
    | StaffCheck
    | Opening
    | Notice
    | Registration
    | Asking
    | Submitting
    | Complete
    | Problem
    | Inquiry
)
State = Idle | AfterIdle
START = Idle()
