"""A persona: a simulated card, a synthetic patient, an insured person and a script, and the expected outcome."""

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
    """What goes wrong around the patient."""

    NOTHING = ""
    CARD_TAKEN_BEFORE_CHECK = "card-taken-before-check"
    CARD_TAKEN_DURING_CONSENT = "card-taken-during-consent"
    SERVICE_SILENT_AT_OPENING = "service-silent-at-opening"
    SERVICE_SILENT_AT_SUBMIT = "service-silent-at-submit"
    CARD_HELD = "card-held"
    """Another program holds the card, until the terminal has told so."""
    TWO_CARDS = "two-cards"
    """Another card is on a second reader until the terminal has reported it."""

    READER_UNPLUGGED = "reader-unplugged"
    """The reader goes while the PIN is asked for, and comes back after the reception."""
    CLOCK_WRONG = "clock-wrong"
    """The terminal's clock runs an hour late."""
    POWER_CUT = "power-cut"
    """The terminal is switched off at the consent screen, and on again."""

    @property
    def at_the_reader(self) -> bool:
        """Not something the patient does."""
        return self in (Mishap.CARD_HELD, Mishap.TWO_CARDS, Mishap.READER_UNPLUGGED)


@dataclass(frozen=True, slots=True)
class CardKind:
    """The card as it is issued. PINs are invented."""

    kind: str = ""
    """Kind of phone or other card, as `uketsuke card kinds` lists them; empty for a card with the fields below."""
    ended_days_ago: int | None = None
    """Since when a phone's certificate is over; None: it is not."""
    pin: str | None = "1234"
    """None: PIN-less."""
    pin_tries_left: int | None = None
    certificate_from: str = ""
    """Another persona whose certificate and key this card carries beside its own chip and face record."""
    certificates: bool = True
    photo: bool = True
    issued_on: date | None = None
    """None: a year and a half ago, as seen from the day the demo first ran."""
    revoked: bool = False
    """Its certificate stands on a revocation list."""
    status: CardStatus = CardStatus.IN_USE
    """What the service knows of it and the card does not."""
    name: str = ""
    """As it is printed, where the service's record cannot write it."""


@dataclass(frozen=True, slots=True)
class Script:
    """What the patient does."""

    way: Way = Way.PIN
    pins: tuple[str, ...] = ("1234",)
    """Typed one after the other, as often as the terminal asks."""
    register: bool = True
    sharing: Sharing = Sharing.ALL
    answers: Mapping[str, bool] = field(default_factory=dict)
    """By question id, for what is asked one by one; yes where nothing is said."""
    prescription: PrescriptionForm = PrescriptionForm.PAPER
    dispense: str = "all"
    """Id of the answer to which prescriptions are to be dispensed."""
    types_code: bool = False
    """The card's front cannot be read by camera: the printed code is typed."""
    language: str = ""
    """Language chosen on the first screen before the card is put down; empty: the current one."""
    child: bool = False
    """ "For a child" is touched before the card is put down."""
    leaves_at: str = ""
    """The state at which the patient touches the way out, where there is one."""
    next_family: bool = False
    """A family member follows: touched before the card is taken."""
    staff: bool = False
    """Staff comes and confirms the holder by eye."""
    mishap: Mishap = Mishap.NOTHING


@dataclass(frozen=True, slots=True)
class Expected:
    """How it must end."""

    way: Way | None
    """How the holder was confirmed; None if no holder was."""
    outcome: Outcome | ProblemCode | None
    """The last state; None if the terminal goes back to idle without a word."""
    asked: tuple[str, ...] = ()
    """Question ids, in the order they were first on the screen."""
    flags: Mapping[Item, int] | None = None
    """In the written result file; None if no file may be written."""
    tries_spent: int = 0
    """Wrong PINs the card counted."""
    newer: Mapping[str, int] | None = None
    """Flags of the consents of 2025 in the file, by element; None: not looked at."""
    language: str = ""
    """What the patient was spoken to in; empty: not looked at."""
    told: tuple[ProblemCode, ...] = ()
    """Problems on the way, each resolved as the terminal asked."""


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
    """Who is in front of the camera, if it is another person."""
    profile: Profile = Profile.CLINIC
    card: CardKind = CardKind()
    script: Script = Script()
    settings: Mapping[str, object] = field(default_factory=dict)
    """What this institution sets otherwise, by dotted name."""

    then: tuple["Persona", ...] = ()
    """Who follows with a card of their own, language and look kept."""

    @property
    def family(self) -> tuple["Persona", ...]:
        """This persona and who follows, in order."""
        return self, *self.then

    @property
    def needs_own_terminal(self) -> bool:
        """Cannot come to a clinic's terminal between two others: other settings, another clock, a restart."""
        elsewhere = self.profile is Profile.QUALIFICATION_ONLY
        return bool(self.settings) or elsewhere or self.script.mishap in (Mishap.CLOCK_WRONG, Mishap.POWER_CUT)

    @property
    def before_camera(self) -> str:
        return self.live_face or self.face
