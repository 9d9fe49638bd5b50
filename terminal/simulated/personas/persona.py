"""Model of a persona: card, face, insured person, script and expected outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from config.profiles import Profile
from consent.items import Item
from terminal.problems import ProblemCode
from terminal.qualification.contract import PrescriptionForm, Way
from terminal.session.states import Outcome
from terminal.simulated.service.registry import CardStatus


class Sharing(StrEnum):
    """The patient's answer when asked whether to share all data."""

    ALL = "all"
    NONE = "none"
    ONE_BY_ONE = "one-by-one"


class Mishap(StrEnum):
    """An incident during the visit."""

    NOTHING = ""
    CARD_TAKEN_BEFORE_CHECK = "card-taken-before-check"
    CARD_TAKEN_DURING_CONSENT = "card-taken-during-consent"
    SERVICE_SILENT_AT_OPENING = "service-silent-at-opening"
    SERVICE_SILENT_AT_SUBMIT = "service-silent-at-submit"
    CARD_HELD = "card-held"
    """Another program holds the card until the terminal reports this."""
    TWO_CARDS = "two-cards"
    """A second reader has a card until the terminal reports this."""
    READER_UNPLUGGED = "reader-unplugged"
    """The reader is unplugged at the PIN screen and plugged in after the reception."""
    CLOCK_WRONG = "clock-wrong"
    """The terminal's clock is an hour slow."""
    POWER_CUT = "power-cut"
    """The terminal is switched off at the consent screen and restarted."""

    @property
    def affects_reader(self) -> bool:
        """Whether the incident involves the readers or another program that uses them."""
        return self in (Mishap.CARD_HELD, Mishap.TWO_CARDS, Mishap.READER_UNPLUGGED)


@dataclass(frozen=True, slots=True)
class CardKind:
    """The card to issue."""

    kind: str = ""
    """A kind of phone or card from `uketsuke card kinds`; empty for a card with the fields below."""
    expired_days_ago: int | None = None
    """Days since a phone's certificate expired; None if it has not."""
    pin: str | None = "1234"
    """None for a card without a PIN."""
    pin_tries_left: int | None = None
    certificate_from: str = ""
    """Another persona whose certificate and key are put on this card instead of its own."""
    certificates: bool = True
    photo: bool = True
    issued_on: date | None = None
    """None for eighteen months before the first start of the demo."""
    revoked: bool = False
    """Whether the certificate is on a revocation list."""
    status: CardStatus = CardStatus.IN_USE
    """Status in the service's registry."""
    name: str = ""
    """The printed name, if it contains characters that the service's record cannot represent."""


@dataclass(frozen=True, slots=True)
class Script:
    """The patient's actions."""

    way: Way = Way.PIN
    pins: tuple[str, ...] = ("1234",)
    """PINs in order of entry."""
    register: bool = True
    sharing: Sharing = Sharing.ALL
    answers: Mapping[str, bool] = field(default_factory=dict)
    """Answers to separate questions by question id; the default is yes."""
    prescription: PrescriptionForm = PrescriptionForm.PAPER
    dispense: str = "all"
    """Id of the answer to the question about dispensing."""
    types_code: bool = False
    """Whether the printed code is typed because the camera cannot read it."""
    language: str = ""
    """Language chosen on the first screen before the card is inserted; empty for no choice."""
    child: bool = False
    """Whether "for a child" is touched before the card is inserted."""
    leaves_at: str = ""
    """State in which the patient touches the leave button; empty for none."""
    next_family: bool = False
    """Whether the patient touches "next family member" before removing the card."""
    staff: bool = False
    """Whether staff confirm the holder by eye."""
    mishap: Mishap = Mishap.NOTHING


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected outcome."""

    way: Way | None
    """Method by which the holder was confirmed; None if the holder was not confirmed."""
    outcome: Outcome | ProblemCode | None
    """Final outcome or problem; None if the terminal returns to idle without either."""
    asked: tuple[str, ...] = ()
    """Question ids in the order shown."""
    flags: Mapping[Item, int] | None = None
    """Flags in the result file; None if there must be no file."""
    tries_spent: int = 0
    """Wrong PIN entries counted by the card."""
    newer: Mapping[str, int] | None = None
    """Flags in the file for the consents introduced in 2025, by element name; None if not checked."""
    language: str = ""
    """Language at the end of the reception; empty if not checked."""
    reported: tuple[ProblemCode, ...] = ()
    """Problems reported and then resolved during the reception."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A visit with a card, a patient and an expected outcome."""

    name: str
    story: str
    person: str
    """Id of the insured person."""
    face: str
    """The synthetic person in the card's photo."""
    expected: Expected
    live_face: str = ""
    """The synthetic person in front of the camera, if it is not the card holder."""
    profile: Profile = Profile.CLINIC
    card: CardKind = CardKind()
    script: Script = Script()
    settings: Mapping[str, object] = field(default_factory=dict)
    """Institution settings that override the user's settings, by dotted name."""

    then: tuple["Persona", ...] = ()
    """Names of family members who follow with their own cards. Language and display settings carry over."""

    @property
    def family(self) -> tuple["Persona", ...]:
        """This persona and the family members who follow, in order."""
        return self, *self.then

    @property
    def needs_own_terminal(self) -> bool:
        """Whether the visit needs different settings, a different clock or a restart."""
        other_profile = self.profile is Profile.QUALIFICATION_ONLY
        return bool(self.settings) or other_profile or self.script.mishap in (Mishap.CLOCK_WRONG, Mishap.POWER_CUT)

    @property
    def face_at_camera(self) -> str:
        """The synthetic person in front of the camera."""
        return self.live_face or self.face
