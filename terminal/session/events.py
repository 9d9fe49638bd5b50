"""Events of a reception: a closed union of frozen values.

There are three kinds. Device events carry no reception id. Touches carry the id of the reception on the screen. Answers
carry the reception and the effect they answer; answers to another reception or to an earlier effect are dropped.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from consent.items import AnsweredBy
from reader.facts import CardFacts, ReaderStanding
from terminal.qualification.contract import CheckFacts, PrescriptionForm, RefusalReason
from terminal.session.display import Size
from terminal.troubles import CardTrouble
from vision.printed.card_guidance import CardGuidance
from vision.verdict import FaceCheckProgress


@dataclass(frozen=True, slots=True)
class _Touch:
    reception: str


@dataclass(frozen=True, slots=True)
class _Answer:
    reception: str
    effect: int


# --- devices and clock --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class CardPresent:
    """A card was put down. `card` numbers the insertions; `reception` is the id of the reception this card starts."""

    card: int
    reception: str
    number: int = 0
    """Number of that reception within the day."""


@dataclass(frozen=True, slots=True)
class CardTaken:
    """The card with that insertion number was removed."""

    card: int
    reader_lost: bool = False
    """The reader was disconnected; the card may still be on it."""


@dataclass(frozen=True, slots=True)
class ReaderChanged:
    """A reader became available or unavailable."""

    standing: ReaderStanding


@dataclass(frozen=True, slots=True)
class CameraChanged:
    available: bool


@dataclass(frozen=True, slots=True)
class CodeShown:
    """The printed code was read from a card held to the camera before insertion. The conductor holds the digits."""

    shown: str
    """Handle of the digits."""
    expiry: date
    """Expiry date printed on the same side."""
    pinless: bool = False
    """The same side is marked as issued without a PIN."""


@dataclass(frozen=True, slots=True)
class FrontRead:
    """A camera read the front of the card on the reader, in parallel with the chip. The conductor holds the digits."""

    reception: str
    expiry: date
    pinless: bool


@dataclass(frozen=True, slots=True)
class FrontGuided:
    """At the first screen: how to hold the card so that the camera can read its front."""

    guidance: CardGuidance


@dataclass(frozen=True, slots=True)
class FrontNotShown:
    """No front was read in time, or the camera failed."""


# --- touches ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceChosen(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class PinChosen(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class ShowCardChosen(_Touch):
    """ "Show the card to the camera", on the idle screen, before the card is put down."""


@dataclass(frozen=True, slots=True)
class CodeTypingChosen(_Touch):
    """The patient prefers to type the printed code rather than show it to the camera."""


@dataclass(frozen=True, slots=True)
class CodeEntered(_Touch):
    """The printed code was typed. The digits are stored with the patient's secrets, not in the event."""


@dataclass(frozen=True, slots=True)
class PinEntered(_Touch):
    """Four digits were typed. They are stored with the patient's secrets, not in the event."""


@dataclass(frozen=True, slots=True)
class PinForgotten(_Touch):
    """ "I forgot my PIN": show help and offer the other methods."""


@dataclass(frozen=True, slots=True)
class PhoneChosen(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class LastTryConfirmed(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffAuthenticated(_Touch):
    """Staff entered the correct password. On the idle screen `reception` is empty."""

    here: bool = True
    """Entered at the terminal itself. On the staff page, deciding requires the password again."""


@dataclass(frozen=True, slots=True)
class StaffSaysSame(_Touch):
    reason: str


@dataclass(frozen=True, slots=True)
class StaffSaysOther(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffDiscards(_Touch):
    """Staff discard this reception, possibly after the check was opened."""


@dataclass(frozen=True, slots=True)
class Understood(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class RegistrationWanted(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class RegistrationDeclined(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class ShareAll(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class ShareNone(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class OneByOne(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class QuestionAnswered(_Touch):
    """Yes or no to the question with this id. Dropped if another question is on the screen."""

    question_id: str
    granted: bool


@dataclass(frozen=True, slots=True)
class PrescriptionChosen(_Touch):
    form: PrescriptionForm


@dataclass(frozen=True, slots=True)
class DispensingChosen(_Touch):
    """Prescriptions to dispense today; None to decide at the counter."""

    prescriptions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Confirmed(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class Back(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class Cancelled(_Touch):
    """Leave while there is nothing to check in: before the check is open, or if the card is not registered."""


@dataclass(frozen=True, slots=True)
class CheckInWithoutSharing(_Touch):
    """Leave after the check was opened: every yes in this reception becomes a no."""


@dataclass(frozen=True, slots=True)
class RespondentChosen(_Touch):
    """Who answers the questions."""

    who: AnsweredBy


@dataclass(frozen=True, slots=True)
class DetailsWanted(_Touch):
    """Show each answer for a few seconds on the last screen."""


@dataclass(frozen=True, slots=True)
class NextFamilyMember(_Touch):
    """Another card follows, with the same language and display settings."""


@dataclass(frozen=True, slots=True)
class MoreTime(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffCalled(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class LanguagesWanted(_Touch):
    """Show the list of all languages."""


@dataclass(frozen=True, slots=True)
class JapaneseShown(_Touch):
    """Show this screen in Japanese to staff for a few seconds, then return to the patient's language."""


@dataclass(frozen=True, slots=True)
class DisplayChanged(_Touch):
    """Change language or display settings; None leaves a setting unchanged. On the idle screen `reception` is empty."""

    language: str | None = None
    size: Size | None = None
    high_contrast: bool | None = None
    low: bool | None = None
    sound: bool | None = None
    voice: bool | None = None
    more_time: bool | None = None
    aloud: bool | None = None
    slow: bool | None = None
    volume: int | None = None


class Aside(StrEnum):
    """A side question shown over a state's own question. The state and its deadline continue."""

    NONE = ""
    CHANGES = "changes"
    """Display settings, and answers without a digit of their own: for the numeric keypad."""
    LANGUAGES = "languages"
    """All available languages."""
    RESPONDENT = "respondent"
    """Who answers: the patient, a guardian, or a companion who asks the patient."""
    LEAVING = "leaving"
    """Whether to leave, because a key is pressed by mistake more easily than a button on the screen."""


@dataclass(frozen=True, slots=True)
class AsideWanted(_Touch):
    """Show that side question, or with `NONE` return to the state's own. On the idle screen `reception` is empty."""

    aside: Aside


@dataclass(frozen=True, slots=True)
class SayAgain(_Touch):
    """Speak the screen again. On the idle screen `reception` is empty."""


@dataclass(frozen=True, slots=True)
class InquiryChosen(_Touch):
    """ "Is my card registered?", on the idle screen, for the next card."""


@dataclass(frozen=True, slots=True)
class HelpChosen(_Touch):
    """ "In difficulty", on the idle screen."""


@dataclass(frozen=True, slots=True)
class ProxyChosen(_Touch):
    """ "I am here for another person", on the idle screen, for the next card."""


@dataclass(frozen=True, slots=True)
class NoCardChosen(_Touch):
    """ "I have no card", on the idle screen."""


@dataclass(frozen=True, slots=True)
class ForChildChosen(_Touch):
    """ "For a child", on the idle screen, for the next card."""


# --- answers of the card ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardRead(_Answer):
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class CardFailed(_Answer):
    trouble: CardTrouble


@dataclass(frozen=True, slots=True)
class CodeScanned(_Answer):
    """The scanner read the printed code, which is stored with the patient's secrets."""

    pinless: bool = False
    """The front is marked as issued without a PIN."""


@dataclass(frozen=True, slots=True)
class CodeGuided(_Answer):
    """How to hold the card so that its front can be read."""

    guidance: CardGuidance


@dataclass(frozen=True, slots=True)
class CodeNotScanned(_Answer):
    pinless: bool = False
    """The part of the front that was read is marked as issued without a PIN."""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """Facts about the face record for the session."""

    authenticity: str
    """`reader.facts.Authenticity` value."""
    has_photo: bool
    reference_usable: bool
    """The photo could be decoded and shows one face."""


@dataclass(frozen=True, slots=True)
class RecordOpened(_Answer):
    """The printed code was correct and the face record was read."""

    record: RecordFacts


@dataclass(frozen=True, slots=True)
class CodeRefused(_Answer):
    """Wrong or locked (`left` 0), or not sent because the card's counter had an unexpected value."""

    left: int


@dataclass(frozen=True, slots=True)
class PinSigned(_Answer):
    """VERIFY succeeded and the key signed the challenge."""


@dataclass(frozen=True, slots=True)
class PinRefused(_Answer):
    """Wrong (`sent`), locked (`left` 0), or not sent because the card's counter had an unexpected value."""

    left: int
    sent: bool


@dataclass(frozen=True, slots=True)
class PhoneSigned(_Answer):
    """The phone verified its owner and signed the challenge."""


@dataclass(frozen=True, slots=True)
class PhoneRefused(_Answer):
    """The phone did not verify its owner."""


@dataclass(frozen=True, slots=True)
class ChipSigned(_Answer):
    """The chip's key signed the challenge, and the terminal's key signed the verdict."""


# --- answers of the camera ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceProgress(_Answer):
    progress: FaceCheckProgress


@dataclass(frozen=True, slots=True)
class FaceMatched(_Answer):
    distance: float


@dataclass(frozen=True, slots=True)
class FaceRefused(_Answer):
    """No match, no face in time, or a photograph is suspected."""

    why: str


@dataclass(frozen=True, slots=True)
class CameraFailed(_Answer):
    pass


# --- answers of the service, the ledger and the handover ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChallengeFetched(_Answer):
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceSilent(_Answer):
    pass


@dataclass(frozen=True, slots=True)
class ServiceRefused(_Answer):
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class CheckOpened(_Answer):
    check_id: str
    facts: CheckFacts


@dataclass(frozen=True, slots=True)
class Registered(_Answer):
    facts: CheckFacts


@dataclass(frozen=True, slots=True)
class OpenedRecorded(_Answer):
    pass


@dataclass(frozen=True, slots=True)
class DecisionRecorded(_Answer):
    unsigned: bool = False
    """The institution requires the card's signature and the card did not sign: every yes was recorded as no."""


@dataclass(frozen=True, slots=True)
class LedgerFailed(_Answer):
    pass


@dataclass(frozen=True, slots=True)
class Accepted(_Answer):
    """The service has the decision. `delivered`: the result file is in the receipt computer's folder."""

    delivered: bool


@dataclass(frozen=True, slots=True)
class EffectFailed(_Answer):
    """An internal error occurred while an effect was performed. The log has its traceback, without locals."""


Device = (
    Tick | CardPresent | CardTaken | ReaderChanged | CameraChanged | CodeShown | FrontRead | FrontGuided | FrontNotShown
)
Touch = (
    FaceChosen
    | PinChosen
    | CodeEntered
    | CodeTypingChosen
    | ShowCardChosen
    | PinEntered
    | PinForgotten
    | PhoneChosen
    | LastTryConfirmed
    | StaffAuthenticated
    | StaffSaysSame
    | StaffSaysOther
    | StaffDiscards
    | Understood
    | RegistrationWanted
    | RegistrationDeclined
    | ShareAll
    | ShareNone
    | OneByOne
    | QuestionAnswered
    | PrescriptionChosen
    | DispensingChosen
    | Confirmed
    | Back
    | Cancelled
    | CheckInWithoutSharing
    | RespondentChosen
    | DetailsWanted
    | NextFamilyMember
    | MoreTime
    | StaffCalled
    | LanguagesWanted
    | JapaneseShown
    | DisplayChanged
    | AsideWanted
    | SayAgain
    | InquiryChosen
    | HelpChosen
    | NoCardChosen
    | ForChildChosen
    | ProxyChosen
)
EffectAnswer = (
    CardRead
    | CardFailed
    | CodeGuided
    | CodeScanned
    | CodeNotScanned
    | RecordOpened
    | CodeRefused
    | PinSigned
    | PinRefused
    | PhoneSigned
    | PhoneRefused
    | ChipSigned
    | FaceProgress
    | FaceMatched
    | FaceRefused
    | CameraFailed
    | ChallengeFetched
    | ServiceSilent
    | ServiceRefused
    | CheckOpened
    | Registered
    | OpenedRecorded
    | DecisionRecorded
    | LedgerFailed
    | Accepted
    | EffectFailed
)
Event = Device | Touch | EffectAnswer
