"""A persona: a simulated card, a synthetic patient, an insured person, a script and the expected outcome."""

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
    ALL = "all"
    NONE = "none"
    ONE_BY_ONE = "one-by-one"


class Mishap(StrEnum):
    """A fault around the patient."""

    NOTHING = ""
    CARD_TAKEN_BEFORE_CHECK = "card-taken-before-check"
    CARD_TAKEN_DURING_CONSENT = "card-taken-during-consent"
    SERVICE_SILENT_AT_OPENING = "service-silent-at-opening"
    SERVICE_SILENT_AT_SUBMIT = "service-silent-at-submit"
    CARD_HELD = "card-held"
    """Another program holds the card until the terminal has reported it."""
    TWO_CARDS = "two-cards"
    """Another card is on a second reader until the terminal has reported it."""

    READER_UNPLUGGED = "reader-unplugged"
    """The reader is unplugged at the PIN screen and plugged in after the reception."""
    CLOCK_WRONG = "clock-wrong"
    """The terminal's clock is an hour late."""
    POWER_CUT = "power-cut"
    """The terminal is switched off at the consent screen and then on again."""

    @property
    def at_the_reader(self) -> bool:
        """Return whether the reader or another program causes it, not the patient."""
        return self in (Mishap.CARD_HELD, Mishap.TWO_CARDS, Mishap.READER_UNPLUGGED)


@dataclass(frozen=True, slots=True)
class CardKind:
    """The card to issue. PINs are invented."""

    kind: str = ""
    """Kind of phone or other card, as `uketsuke card kinds` lists them; empty for a card with the fields below."""
    ended_days_ago: int | None = None
    """Days since a phone's certificate expired; None if it has not."""
    pin: str | None = "1234"
    """None for a card without a PIN."""
    pin_tries_left: int | None = None
    certificate_from: str = ""
    """Another persona, whose certificate and key are on this card together with its own chip and face record."""
    certificates: bool = True
    photo: bool = True
    issued_on: date | None = None
    """None: a year and a half before the first start of the demo."""
    revoked: bool = False
    """Whether its certificate is on a revocation list."""
    status: CardStatus = CardStatus.IN_USE
    """Known to the service, but not to the card."""
    name: str = ""
    """The printed name, if the service's record cannot represent it."""


@dataclass(frozen=True, slots=True)
class Script:
    """What the patient does."""

    way: Way = Way.PIN
    pins: tuple[str, ...] = ("1234",)
    """Entered one after the other, whenever the terminal asks."""
    register: bool = True
    sharing: Sharing = Sharing.ALL
    answers: Mapping[str, bool] = field(default_factory=dict)
    """By question id, for questions asked one by one; the default is yes."""
    prescription: PrescriptionForm = PrescriptionForm.PAPER
    dispense: str = "all"
    """Id of the answer that selects the prescriptions to dispense."""
    types_code: bool = False
    """The card's front cannot be read by camera, so the printed code is typed."""
    language: str = ""
    """Language chosen on the first screen before the card is placed; empty: the current one."""
    child: bool = False
    """ "For a child" is touched before the card is placed."""
    leaves_at: str = ""
    """The state in which the patient touches the button for leaving, if there is one."""
    next_family: bool = False
    """The patient touches "next family member" before removing the card."""
    staff: bool = False
    """Staff confirm the holder by eye."""
    mishap: Mishap = Mishap.NOTHING


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected outcome."""

    way: Way | None
    """How the holder was confirmed; None if the holder was not confirmed."""
    outcome: Outcome | ProblemCode | None
    """The last state; None if the terminal returns to idle without one."""
    asked: tuple[str, ...] = ()
    """Question ids in the order in which they were shown."""
    flags: Mapping[Item, int] | None = None
    """Flags in the result file; None if no file may be written."""
    tries_spent: int = 0
    """Wrong PIN entries counted by the card."""
    newer: Mapping[str, int] | None = None
    """Flags of the consents of 2025 in the file, by element; None: not checked."""
    language: str = ""
    """Language the patient was addressed in; empty: not checked."""
    reported: tuple[ProblemCode, ...] = ()
    """Problems reported on the way, each resolved as the terminal asked."""


@dataclass(frozen=True, slots=True)
class Persona:
    name: str
    story: str
    person: str
    """Id of the insured person."""
    face: str
    """The synthetic person on the card's photo."""
    expected: Expected
    live_face: str = ""
    """Who is in front of the camera, if not the card holder."""
    profile: Profile = Profile.CLINIC
    card: CardKind = CardKind()
    script: Script = Script()
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of this institution that differ, by dotted name."""

    then: tuple["Persona", ...] = ()
    """Personas who follow with their own cards, while language and look are kept."""

    @property
    def family(self) -> tuple["Persona", ...]:
        """This persona and those who follow, in order."""
        return self, *self.then

    @property
    def needs_own_terminal(self) -> bool:
        """Whether the persona cannot share a terminal: needs other settings, another clock or a restart."""
        elsewhere = self.profile is Profile.QUALIFICATION_ONLY
        return bool(self.settings) or elsewhere or self.script.mishap in (Mishap.CLOCK_WRONG, Mishap.POWER_CUT)

    @property
    def before_camera(self) -> str:
        return self.live_face or self.face
