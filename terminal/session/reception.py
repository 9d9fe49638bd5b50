"""What is known of one reception: handles and facts that its states carry on, never a secret."""

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
"""From this age a card is not treated as a child's, whatever was touched before it was put down."""


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
    """Until this time staff reads the screen in Japanese."""
    camera: bool = True
    """The camera as a device; back in order, it serves the next reception."""
    camera_failed: bool = False
    """It failed in the middle of this reception, which does without it from there on."""
    reader: ReaderStanding = ReaderStanding.READY
    staff: bool = False
    staff_here: bool = False
    """Staff gave the password in this reception. Opening it beforehand, on the first screen, confirms no holder."""
    child: bool = False
    """ "For a child" was touched before the card was put down."""
    proxy: bool = False
    """Another person came with the card, and said so before it was put down: there is no face to compare."""
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
    """Prescriptions to dispense; None while that is open, and if it is decided at the counter."""
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
