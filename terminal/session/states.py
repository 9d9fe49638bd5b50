"""States of a reception: a closed union of frozen values with handles and facts but no secrets.

States can be logged, replayed and printed. PIN, printed code, photo, encodings, certificate and names are stored in the
conductor's `Patient`.
"""

from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from consent.items import Item, Question
from reader.facts import ReaderStatus
from terminal.problems import ProblemCode
from terminal.qualification.contract import (
    CertificateStatus,
    PendingPrescription,
    Purpose,
    Way,
)
from terminal.session.display import Display as Display
from terminal.session.display import Size as Size
from terminal.session.events import Aside as Aside
from terminal.session.reception import Check as Check
from terminal.session.reception import Front as Front
from terminal.session.reception import Reception as Reception
from vision.printed.card_guidance import CardGuidance
from vision.verdict import FaceCheckProgress


class MethodReason(StrEnum):
    """Reason for the offered methods, shown in one line above them."""

    NOTHING = ""
    NO_CAMERA = "no-camera"
    NO_PHOTO = "no-photo"
    PHOTO_WITHOUT_FACE = "photo-without-face"
    """The card's photo does not contain exactly one face."""
    CODE_LOCKED = "code-locked"
    FACE_NOT_MATCHED = "face-not-matched"
    PIN_UNAVAILABLE = "pin-unavailable"
    PINLESS = "pinless"
    """The card was issued without a PIN."""
    PIN_LOCKED_NOW = "pin-locked-now"
    PIN_FORGOTTEN = "pin-forgotten"
    PIN_NEEDED = "pin-needed"
    """The institution requires both face and PIN, and this card's PIN cannot be used."""
    FACE_MATCHED = "face-matched"
    """The institution requires both. The face matched, and the PIN is next."""
    BOTH_ASKED = "both-asked"
    """The institution requires both, starting with the face."""
    FEW_CODE_TRIES = "few-code-tries"
    """The printed code must be typed because few tries are left."""
    PHONE_NOT_CONFIRMED = "phone-not-confirmed"
    PROXY = "proxy"
    """Another person brought the card. No face is compared."""


class LeaveReason(StrEnum):
    """How a reception ended before its check was opened. Shown on the first screen for a few seconds."""

    LEFT = "left"
    CARD_REMOVED = "card-removed"
    TIMED_OUT = "timed-out"


class Help(StrEnum):
    """Help pages on the first screen."""

    MENU = "menu"
    NO_CARD = "no-card"
    LANGUAGES = "languages"
    """The list of all languages."""


class _Timed(Struct, frozen=True, kw_only=True):
    deadline: float
    """Monotonic time in seconds at which the state times out."""
    warned: bool = False


class _InReception(_Timed, frozen=True, kw_only=True):
    reception: Reception
    waiting: int | None = None
    """Number of the effect whose answer this state waits for."""


class Idle(Struct, frozen=True, kw_only=True):
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    camera: bool = True
    reader: ReaderStatus = ReaderStatus.READY
    staff: bool = False
    """Whether staff confirm the holder in the next reception."""
    child: bool = False
    """Whether the next card is a child's."""
    proxy: bool = False
    """Whether another person brings the next card."""
    help: Help | None = None
    looking: bool = False
    """Whether the camera is looking for the front of a card."""
    guidance: CardGuidance | None = None
    """How to hold the card so that its front can be read."""
    purpose: Purpose = Purpose.RECEPTION
    mode_until: float | None = None
    """When choices for the next card and display settings are reset."""
    card_left: int | None = None
    """Insertion number of a card left on the reader after its reception."""
    remind_at: float | None = None
    alert_at: float | None = None
    """When staff are alerted to that card. None after the alert."""
    left: LeaveReason | None = None
    """How the last reception ended, or None if this is not shown."""
    left_until: float | None = None

    @property
    def out_of_service(self) -> ProblemCode | None:
        """Why no card can be read, or None."""
        return None if self.reader is ReaderStatus.READY else ProblemCode.READER_LOST


class CardShown(Idle, frozen=True, kw_only=True):
    """The first screen between reading a printed code by camera and putting down its card.

    The conductor stores the code under the handle `shown`.
    """

    shown: str
    expiry: date
    pinless: bool = False
    deadline: float
    """Monotonic time in seconds at which the code is wiped."""


class Reading(_InReception, frozen=True, kw_only=True):
    pass


class ChoosingMethod(_InReception, frozen=True, kw_only=True):
    """`methods` is empty if only staff can help."""

    methods: tuple[Way, ...]
    why: MethodReason = MethodReason.NOTHING


class PrintedCodeEntry(_InReception, frozen=True, kw_only=True):
    target: Way
    """The method that requires the face record: FACE or STAFF."""
    scanning: bool = False
    """Whether the camera is looking for the card's front. The code can be typed instead."""
    guidance: CardGuidance | None = None
    wrong: bool = False
    why: MethodReason = MethodReason.NOTHING
    card_expiry_year: int | None = None


class FaceCheck(_InReception, frozen=True, kw_only=True):
    attempt: int
    suspected: bool = False
    """Whether a photograph was suspected in the previous attempt."""
    progress: FaceCheckProgress | None = None


class PinPhase(StrEnum):
    TYPING = "typing"
    FETCHING = "fetching"
    VERIFYING = "verifying"


class PinEntry(_InReception, frozen=True, kw_only=True):
    left: int
    phase: PinPhase = PinPhase.TYPING
    last_confirmed: bool = False
    """See last_try.py."""
    wrong: bool = False
    why: MethodReason = MethodReason.NOTHING


class PhonePhase(StrEnum):
    FETCHING = "fetching"
    ON_PHONE = "on-phone"


class PhoneCheck(_InReception, frozen=True, kw_only=True):
    """The phone is verifying its owner. The screen asks the owner to look at the phone."""

    phase: PhonePhase


class StaffCheck(_InReception, frozen=True, kw_only=True):
    has_photo: bool


class OpeningPhase(StrEnum):
    FETCHING = "fetching"
    PROVING = "proving"
    ASKING = "asking"
    RECORDING = "recording"


class Opening(_InReception, frozen=True, kw_only=True):
    way: Way
    phase: OpeningPhase
    staff_reason: str = ""


class Notice(_InReception, frozen=True, kw_only=True):
    standing: CertificateStatus


class Registration(_InReception, frozen=True, kw_only=True):
    pass


class Consent(_InReception, frozen=True, kw_only=True):
    """`index` is the index of the displayed question, or None if all questions are on one screen."""

    questions: tuple[Question, ...]
    index: int | None

    @property
    def question(self) -> Question | None:
        return None if self.index is None else self.questions[self.index]


class SpecificDisease(_InReception, frozen=True, kw_only=True):
    question: Question


class Subsidies(_InReception, frozen=True, kw_only=True):
    question: Question


class Prescription(_InReception, frozen=True, kw_only=True):
    pass


class Dispensing(_InReception, frozen=True, kw_only=True):
    """Question about which prescriptions to dispense."""

    prescriptions: tuple[PendingPrescription, ...]


class Limit(_InReception, frozen=True, kw_only=True):
    question: Question


class Summary(_InReception, frozen=True, kw_only=True):
    pass


class Submitting(_InReception, frozen=True, kw_only=True):
    outcome: "Outcome"
    flags: tuple[tuple[Item, bool], ...]
    recorded: bool = False
    """Whether the decision is on disk in the ledger. If so, the submission cannot be aborted."""


class Outcome(StrEnum):
    DONE = "done"
    NOTHING_SHARED = "nothing-shared"
    """The patient left early. The qualification was submitted and no information is shared."""
    NOT_VALID = "not-valid"
    AWAITING = "awaiting"
    """The service did not answer. The decision is in the outbox (確認待ち)."""
    REGISTRATION_DECLINED = "registration-declined"


class Complete(_InReception, frozen=True, kw_only=True):
    outcome: Outcome
    flags: tuple[tuple[Item, bool], ...] = ()
    delivered: bool = True
    shown_until: float
    details_until: float | None = None
    """When to hide the individual answers, which are shown after a touch. None if only counts are shown."""
    remind_at: float
    alert_at: float | None


class Problem(_InReception, frozen=True, kw_only=True):
    problem: ProblemCode


class Inquiry(_InReception, frozen=True, kw_only=True):
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
