"""Handles and facts of one reception, carried from state to state. Contains no secrets."""

from datetime import date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from consent.answers import PatientReply
from consent.items import AnsweredBy, Question
from reader.facts import CardFacts, Medium, ReaderStanding
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
"""A guardian may answer for a patient under this age."""
OF_AGE = 18
"""From this age on, "for a child" chosen on the first screen is ignored."""


class Check(Struct, frozen=True):
    check_id: str
    facts: CheckFacts


class Front(Struct, frozen=True):
    """What was read on a card's front, except the code, which is stored with the secrets."""

    expiry: date
    pinless: bool
    """Whether the remarks contain 顔認証, which means that the card was issued without a PIN."""


class Reception(Struct, frozen=True):
    """Facts about this reception."""

    id: str
    card: int
    number: int = 0
    """Number within the day, shown to the patient and to staff; 0 if none was assigned."""
    last_effect: int = 0
    purpose: Purpose = Purpose.RECEPTION
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    """The side question shown over this state's own question."""
    japanese_until: float | None = None
    """Monotonic time until which the screen is shown in Japanese for staff."""
    camera: bool = True
    """Whether the camera device is available."""
    camera_failed: bool = False
    """The camera failed during this reception, which continues without it."""
    reader: ReaderStanding = ReaderStanding.READY
    staff: bool = False
    staff_here: bool = False
    """Staff entered the password at the terminal during this reception. Entering it before, on the first screen, is not
    enough to confirm a holder."""
    child: bool = False
    """ "For a child" was chosen before the card was put down."""
    proxy: bool = False
    """ "I am here for another person" was chosen before the card was put down, so no face is compared."""
    answered_by: AnsweredBy | None = None
    """Who answers, if chosen on the screen."""
    card_in: bool = True
    challenge_effect: int | None = None
    """Number of the effect that is fetching a challenge, if any."""
    challenge_until: datetime | None = None
    facts: CardFacts | None = None
    pin_left: int = 0
    code_left: int = 0
    code_scanned: bool = False
    shown_expiry: date | None = None
    """Expiry date on the front shown before the card was put down; its code is stored with the secrets."""
    code_waits: bool = False
    """Whether the code shown belongs to this card and has not been sent yet."""
    front: Front | None = None
    """The last front read by a camera, possibly of another card."""
    record: RecordFacts | None = None
    face_attempts: int = 0
    face_matched: bool = False
    check: Check | None = None
    shown: tuple[Question, ...] = ()
    """Questions that have been on the screen."""
    given: tuple[tuple[str, PatientReply], ...] = ()
    """The last answer to each question, by question id."""
    bundled: frozenset[str] = frozenset()
    """Ids of the questions last asked together with others."""
    one_by_one: bool = False
    """Whether the questions are answered one by one and count only after the summary is confirmed."""
    prescription: PrescriptionForm | None = None
    dispense: tuple[str, ...] | None = None
    """Prescriptions to dispense; None if not chosen yet or decided at the counter."""
    next_card: CardPresent | None = None
    """A card put down before this reception ended."""

    @property
    def language(self) -> str:
        """Current screen language: Japanese while staff read the screen."""
        return self.display.language if self.japanese_until is None else JAPANESE

    @property
    def by_phone(self) -> bool:
        return self.facts is not None and self.facts.medium is not Medium.CARD

    @property
    def pinless(self) -> bool:
        """Whether the card is known to have been issued without a PIN. The chip cannot tell this from a locked PIN."""
        front, facts = self.front, self.facts
        return front is not None and front.pinless and facts is not None and front.expiry == facts.card_expiry

    @property
    def for_child(self) -> bool:
        """Whether this is a child's reception: as chosen on the first screen, then by age after the check is opened."""
        if self.check is None:
            return self.child
        return self.check.facts.age < (OF_AGE if self.child else GUARDIAN_BELOW)

    def next_effect(self) -> tuple["Reception", int]:
        """Return the reception with the next effect number used, and that number."""
        number = self.last_effect + 1
        return replace(self, last_effect=number), number
