"""Handles and facts of one reception, carried from state to state. Never a secret."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from config.languages import Language
from consent.answers import Given
from consent.items import AnsweredBy, Question
from reader.facts import CardFacts, Medium, ReaderStanding
from terminal.qualification.contract import (
    CheckFacts,
    PrescriptionForm,
    Purpose,
)
from terminal.session.display import Display as Display
from terminal.session.display import Size as Size
from terminal.session.events import Aside as Aside
from terminal.session.events import CardPresent, RecordFacts

GUARDIAN_BELOW = 15
"""Under this age a guardian may answer."""
OF_AGE = 18
"""From this age a card is not treated as a child's, even if "for a child" was touched before it was put down."""


@dataclass(frozen=True, slots=True)
class Check:
    check_id: str
    facts: CheckFacts


@dataclass(frozen=True, slots=True)
class Front:
    """What is printed on a card's front, except the code, which is kept with the secrets."""

    expiry: date
    pinless: bool
    """Whether the remarks say 顔認証: the card was issued without a PIN."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Facts about this reception."""

    id: str
    card: int
    number: int = 0
    """Number of the day, shown to the patient and to staff; 0 if none was given."""
    last_effect: int = 0
    purpose: Purpose = Purpose.RECEPTION
    display: Display = field(default_factory=Display)
    aside: Aside = Aside.NONE
    """The question asked in place of this state's own."""
    japanese_until: float | None = None
    """Time until which the screen is shown in Japanese, for staff."""
    camera: bool = True
    """Whether the camera, as a device, is available."""
    camera_failed: bool = False
    """The camera failed during this reception, which continues without it."""
    reader: ReaderStanding = ReaderStanding.READY
    staff: bool = False
    staff_here: bool = False
    """Staff entered the password during this reception. Entering it before, on the first screen, is not enough to
    confirm a holder."""
    child: bool = False
    """ "For a child" was touched before the card was put down."""
    proxy: bool = False
    """Somebody else came with the card and said so before it was put down: there is no face to compare."""
    answered_by: AnsweredBy | None = None
    """Who answers, if that was chosen on the screen."""
    card_in: bool = True
    challenge_effect: int | None = None
    """Number of the effect that fetches a challenge, if one is under way."""
    challenge_until: datetime | None = None
    facts: CardFacts | None = None
    pin_left: int = 0
    code_left: int = 0
    code_scanned: bool = False
    shown_expiry: date | None = None
    """Expiry printed on a front that was shown before the card was put down; its code waits with the secrets."""
    code_waits: bool = False
    """Whether the code that was shown belongs to this card and has not been sent yet."""
    front: Front | None = None
    """The last front that a camera read; it may be another card's."""
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
    """Prescriptions to dispense; None if that is still open or decided at the counter."""
    next_card: CardPresent | None = None
    """A card put down before this reception had ended."""

    @property
    def language(self) -> str:
        """Current language of the screen: Japanese while staff reads it."""
        return self.display.language if self.japanese_until is None else Language.JAPANESE.value

    @property
    def by_phone(self) -> bool:
        return self.facts is not None and self.facts.medium is not Medium.CARD

    @property
    def pinless(self) -> bool:
        """Whether the card is known to have been issued without a PIN; the chip reports this like a locked PIN."""
        front, facts = self.front, self.facts
        return front is not None and front.pinless and facts is not None and front.expiry == facts.card_expiry

    @property
    def for_child(self) -> bool:
        """Whether this is a child's reception: as chosen on the first screen, and by age once the check is open."""
        if self.check is None:
            return self.child
        return self.check.facts.age < (OF_AGE if self.child else GUARDIAN_BELOW)

    def numbered(self) -> tuple["Reception", int]:
        """Return the reception with one more effect issued, and that effect's number."""
        number = self.last_effect + 1
        return replace(self, last_effect=number), number
