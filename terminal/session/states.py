"""Where a reception stands: a closed union of frozen values holding handles and facts, never a secret.

A state may be logged, replayed and printed. PIN, printed code, photo, encodings, certificate and names live with the
conductor's `Patient`.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from config.languages import Language
from consent.answers import Given
from consent.items import AnsweredBy, Item, Question
from reader.facts import CardFacts, Medium, ReaderStanding
from terminal.problems import ProblemCode
from terminal.qualification.contract import (
    CertificateStanding,
    CheckFacts,
    PrescriptionForm,
    Purpose,
    WaitingPrescription,
    Way,
)
from terminal.session.display import Display as Display
from terminal.session.display import Size as Size
from terminal.session.events import Aside as Aside
from terminal.session.events import CardPresent, RecordFacts
from vision.printed.guidance import CardGuidance
from vision.verdict import FaceCheckProgress

GUARDIAN_BELOW = 15
"""Under this age a guardian may answer."""
OF_AGE = 18
"""From this age a card is no child's, whatever was touched before it was put down."""


@dataclass(frozen=True, slots=True)
class Check:
    check_id: str
    facts: CheckFacts


@dataclass(frozen=True, slots=True)
class Front:
    """What a card's front says, besides the code, which lies with the secrets."""

    expiry: date
    pinless: bool
    """顔認証 stands in the remarks: the card was issued without a PIN."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What is known of this reception; carried from state to state."""

    id: str
    card: int
    number: int = 0
    """Number of the day, told to the patient and to staff; 0 where none was given."""
    last_effect: int = 0
    purpose: Purpose = Purpose.RECEPTION
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    """What is asked in place of this state's own question."""
    japanese_until: float | None = None
    """Until then staff reads the screen in Japanese."""
    camera: bool = True
    """The camera as a device; back in order, it serves the next reception."""
    camera_failed: bool = False
    """It failed in the middle of this reception, which does without it from there on."""
    reader: ReaderStanding = ReaderStanding.READY
    staff: bool = False
    staff_here: bool = False
    """Staff gave the password in this reception. Opening it beforehand, on the first screen, confirms nobody."""
    child: bool = False
    """ "For a child" was touched before the card was put down."""
    proxy: bool = False
    """Somebody else came with the card, and said so before it was put down: there is no face to compare."""
    answered_by: AnsweredBy | None = None
    """Who answers, where it was touched."""
    card_in: bool = True
    challenge_effect: int | None = None
    """The fetch under way, if any."""
    challenge_until: datetime | None = None
    facts: CardFacts | None = None
    pin_left: int = 0
    code_left: int = 0
    code_scanned: bool = False
    shown_expiry: date | None = None
    """Expiry printed on a front that was shown before the card was put down; its code waits with the secrets."""
    code_waits: bool = False
    """The code shown belongs to this card and has not been sent."""
    front: Front | None = None
    """The last front that a camera read, perhaps another card's."""
    record: RecordFacts | None = None
    face_attempts: int = 0
    face_matched: bool = False
    check: Check | None = None
    shown: tuple[Question, ...] = ()
    """Questions that were on the screen."""
    given: tuple[tuple[str, Given], ...] = ()
    """The last answer to each question, by question id."""
    bundled: frozenset[str] = frozenset()
    """Ids of the questions that were last asked together with others."""
    one_by_one: bool = False
    """Answers count only once the summary is confirmed."""
    prescription: PrescriptionForm | None = None
    dispense: tuple[str, ...] | None = None
    """Prescriptions to dispense; None while that is open, and where it is settled at the counter."""
    next_card: CardPresent | None = None
    """A card put down before this reception had ended."""

    @property
    def language(self) -> str:
        """What the screen speaks now: Japanese while staff reads it."""
        return self.display.language if self.japanese_until is None else Language.JAPANESE.value

    @property
    def by_phone(self) -> bool:
        return self.facts is not None and self.facts.medium is not Medium.CARD

    @property
    def pinless(self) -> bool:
        """Known to have been issued without a PIN. To the chip such a card is the same as one whose PIN is locked."""
        front, facts = self.front, self.facts
        return front is not None and front.pinless and facts is not None and front.expiry == facts.card_expiry

    @property
    def for_child(self) -> bool:
        """Chosen at the first screen, or known since the check is open."""
        if self.check is None:
            return self.child
        return self.check.facts.age < (OF_AGE if self.child else GUARDIAN_BELOW)

    def numbered(self) -> tuple["Reception", int]:
        """The reception with one more effect issued, and that effect's number."""
        number = self.last_effect + 1
        return replace(self, last_effect=number), number


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
    """The face alone is too little here, and this card's PIN cannot be used."""
    FACE_MATCHED = "face-matched"
    """The first of two: here the PIN is asked for too."""
    BOTH_ASKED = "both-asked"
    """The face comes first here, the PIN after it."""
    FEW_CODE_TRIES = "few-code-tries"
    """With few tries left the printed code is not sent by itself: it is typed."""
    PHONE_NOT_CONFIRMED = "phone-not-confirmed"
    PROXY = "proxy"
    """Somebody else brought the card: no face is compared."""


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
    """The next card is brought by somebody else."""
    help: Help | None = None
    looking: bool = False
    """The camera looks for a card's front, as somebody asked it to."""
    guidance: CardGuidance | None = None
    """What would make the front readable."""
    purpose: Purpose = Purpose.RECEPTION
    mode_until: float | None = None
    """When staff's and the inquiry's mark and the display choice fall back."""
    card_left: int | None = None
    """A card of an ended reception still lies there."""
    remind_at: float | None = None
    alert_at: float | None = None
    """When staff hears of that card; None where they have."""
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

    The code itself lies with the conductor, under the handle `shown`.
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
    """`ways` is empty where only staff can help."""

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
    """The attempt before ended because a photograph was suspected."""
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
    """The phone verifies its owner, who is told to look at it."""

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
    """While each answer is shown, which somebody asked for by touch; otherwise there are only counts."""
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
