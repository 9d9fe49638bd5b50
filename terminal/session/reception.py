"""Handles and facts of one reception, passed from state to state. Contains no secrets."""

from datetime import date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from consent.answers import PatientReply
from consent.items import AnsweredBy, Question
from reader.facts import CardFacts, Medium, ReaderStatus
from terminal.qualification.contract import (
    CheckFacts,
    PrescriptionForm,
    Purpose,
)
from terminal.session.display import JAPANESE
from terminal.session.display import Display as Display
from terminal.session.display import Size as Size
from terminal.session.events import Aside as Aside
from terminal.session.events import CardPresent, RecordFacts

GUARDIAN_BELOW = 15
"""A guardian may answer for patients under this age."""
ADULT_AGE = 18
"""Age at and above which the choice "for a child" is ignored."""


class Check(Struct, frozen=True):
    check_id: str
    facts: CheckFacts


class Front(Struct, frozen=True):
    """Data read from a card's front, except the code."""

    expiry: date
    pinless: bool
    """Whether the remarks contain 顔認証, which marks cards issued without a PIN."""


class Reception(Struct, frozen=True):
    """Facts about this reception."""

    id: str
    card: int
    number: int = 0
    """Number within the day, shown to the patient and to staff. 0 if unassigned."""
    last_effect: int = 0
    purpose: Purpose = Purpose.RECEPTION
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    """The side question that replaces the state's question on the screen."""
    japanese_until: float | None = None
    """Monotonic time until which the screen is shown in Japanese for staff."""
    camera: bool = True
    """Whether the camera device is available."""
    camera_failed: bool = False
    """Whether the camera failed during this reception. The reception continues without it."""
    reader: ReaderStatus = ReaderStatus.READY
    staff: bool = False
    staff_at_terminal: bool = False
    """Whether staff entered the password at the terminal during this reception.

    A password entered earlier on the first screen is not sufficient to confirm a holder.
    """
    child: bool = False
    """Whether "For a child" was chosen before the card was put down."""
    proxy: bool = False
    """Whether "I am here for someone else" was chosen before the card was put down. If so, no face is compared."""
    answered_by: AnsweredBy | None = None
    """The person who answers, if chosen on the screen."""
    card_in: bool = True
    challenge_effect: int | None = None
    """Number of the effect that is fetching a challenge, or None."""
    challenge_until: datetime | None = None
    facts: CardFacts | None = None
    pin_left: int = 0
    code_left: int = 0
    code_scanned: bool = False
    shown_expiry: date | None = None
    """Expiry date on the front shown before the card was put down."""
    has_unsent_code: bool = False
    """Whether the previously shown code belongs to this card and has not been sent."""
    front: Front | None = None
    """The last front read by a camera, possibly from a different card."""
    record: RecordFacts | None = None
    face_attempts: int = 0
    face_matched: bool = False
    check: Check | None = None
    shown: tuple[Question, ...] = ()
    """Questions that have been on the screen."""
    given: tuple[tuple[str, PatientReply], ...] = ()
    """The last answer to each question, by question id."""
    bundled: frozenset[str] = frozenset()
    """Ids of the questions that were last asked together."""
    one_by_one: bool = False
    """Whether the questions are answered one by one. If so, the summary must be confirmed."""
    prescription: PrescriptionForm | None = None
    dispense: tuple[str, ...] | None = None
    """Prescriptions to dispense. None if not chosen or if decided at the counter."""
    next_card: CardPresent | None = None
    """A card put down before this reception ended."""

    @property
    def language(self) -> str:
        """Current screen language. Japanese while the screen is shown to staff."""
        return self.display.language if self.japanese_until is None else JAPANESE

    @property
    def by_phone(self) -> bool:
        return self.facts is not None and self.facts.medium is not Medium.CARD

    @property
    def pinless(self) -> bool:
        """Whether the front shows that the card was issued without a PIN. The chip reports it like a locked PIN."""
        front, facts = self.front, self.facts
        return front is not None and front.pinless and facts is not None and front.expiry == facts.card_expiry

    @property
    def for_child(self) -> bool:
        """Whether the patient is a child, as chosen on the first screen or, after the check is opened, by age."""
        if self.check is None:
            return self.child
        return self.check.facts.age < (ADULT_AGE if self.child else GUARDIAN_BELOW)

    def next_effect(self) -> tuple["Reception", int]:
        """Assign the next effect number. Return the updated reception and the number."""
        number = self.last_effect + 1
        return replace(self, last_effect=number), number
