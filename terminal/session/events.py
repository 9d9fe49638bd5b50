"""Events of a reception: a closed union of frozen values.

There are three kinds. Device events carry no reception id. Touches carry the id of the reception on the screen. Answers
carry the reception and the effect they answer; answers to another reception or to an earlier effect are dropped.
"""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from consent.items import AnsweredBy
from reader.facts import CardFacts, ReaderStanding
from terminal.qualification.contract import CheckFacts, PrescriptionForm, RefusalReason
from terminal.session.display import Size
from terminal.troubles import CardTrouble
from vision.printed.card_guidance import CardGuidance
from vision.verdict import FaceCheckProgress


class _Touch(Struct, frozen=True):
    reception: str


class _Answer(Struct, frozen=True):
    reception: str
    effect: int


# --- devices and clock --------------------------------------------------------------------------------------


class Tick(Struct, frozen=True):
    """Time has passed."""


class CardPresent(Struct, frozen=True):
    """A card was put down. `card` numbers the insertions; `reception` is the id of the reception this card starts."""

    card: int
    reception: str
    number: int = 0
    """Number of that reception within the day."""


class CardTaken(Struct, frozen=True):
    """The card with that insertion number was removed."""

    card: int
    reader_lost: bool = False
    """The reader was disconnected; the card may still be on it."""


class ReaderChanged(Struct, frozen=True):
    """A reader became available or unavailable."""

    standing: ReaderStanding


class CameraChanged(Struct, frozen=True):
    available: bool


class CodeShown(Struct, frozen=True):
    """The printed code was read from a card held to the camera before insertion. The conductor holds the digits."""

    shown: str
    """Handle of the digits."""
    expiry: date
    """Expiry date printed on the same side."""
    pinless: bool = False
    """The same side is marked as issued without a PIN."""


class FrontRead(Struct, frozen=True):
    """A camera read the front of the card on the reader, in parallel with the chip. The conductor holds the digits."""

    reception: str
    expiry: date
    pinless: bool


class FrontGuided(Struct, frozen=True):
    """At the first screen: how to hold the card so that the camera can read its front."""

    guidance: CardGuidance


class FrontNotShown(Struct, frozen=True):
    """No front was read in time, or the camera failed."""


# --- touches ------------------------------------------------------------------------------------------------


class FaceChosen(_Touch, frozen=True):
    pass


class PinChosen(_Touch, frozen=True):
    pass


class ShowCardChosen(_Touch, frozen=True):
    """ "Show the card to the camera", on the idle screen, before the card is put down."""


class CodeTypingChosen(_Touch, frozen=True):
    """The patient prefers to type the printed code rather than show it to the camera."""


class CodeEntered(_Touch, frozen=True):
    """The printed code was typed. The digits are stored with the patient's secrets, not in the event."""


class PinEntered(_Touch, frozen=True):
    """Four digits were typed. They are stored with the patient's secrets, not in the event."""


class PinForgotten(_Touch, frozen=True):
    """ "I forgot my PIN": show help and offer the other methods."""


class PhoneChosen(_Touch, frozen=True):
    pass


class LastTryConfirmed(_Touch, frozen=True):
    pass


class StaffAuthenticated(_Touch, frozen=True):
    """Staff entered the correct password. On the idle screen `reception` is empty."""

    here: bool = True
    """Entered at the terminal itself. On the staff page, deciding requires the password again."""


class StaffSaysSame(_Touch, frozen=True):
    reason: str


class StaffSaysOther(_Touch, frozen=True):
    pass


class StaffDiscards(_Touch, frozen=True):
    """Staff discard this reception, possibly after the check was opened."""


class Understood(_Touch, frozen=True):
    pass


class RegistrationWanted(_Touch, frozen=True):
    pass


class RegistrationDeclined(_Touch, frozen=True):
    pass


class ShareAll(_Touch, frozen=True):
    pass


class ShareNone(_Touch, frozen=True):
    pass


class OneByOne(_Touch, frozen=True):
    pass


class QuestionAnswered(_Touch, frozen=True):
    """Yes or no to the question with this id. Dropped if another question is on the screen."""

    question_id: str
    granted: bool


class PrescriptionChosen(_Touch, frozen=True):
    form: PrescriptionForm


class DispensingChosen(_Touch, frozen=True):
    """Prescriptions to dispense today; None to decide at the counter."""

    prescriptions: tuple[str, ...] | None = None


class Confirmed(_Touch, frozen=True):
    pass


class Back(_Touch, frozen=True):
    pass


class Cancelled(_Touch, frozen=True):
    """Leave while there is nothing to check in: before the check is open, or if the card is not registered."""


class CheckInWithoutSharing(_Touch, frozen=True):
    """Leave after the check was opened: every yes in this reception becomes a no."""


class RespondentChosen(_Touch, frozen=True):
    """Who answers the questions."""

    who: AnsweredBy


class DetailsWanted(_Touch, frozen=True):
    """Show each answer for a few seconds on the last screen."""


class NextFamilyMember(_Touch, frozen=True):
    """Another card follows, with the same language and display settings."""


class MoreTime(_Touch, frozen=True):
    pass


class StaffCalled(_Touch, frozen=True):
    pass


class LanguagesWanted(_Touch, frozen=True):
    """Show the list of all languages."""


class JapaneseShown(_Touch, frozen=True):
    """Show this screen in Japanese to staff for a few seconds, then return to the patient's language."""


class DisplayChanged(_Touch, frozen=True):
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


class AsideWanted(_Touch, frozen=True):
    """Show that side question, or with `NONE` return to the state's own. On the idle screen `reception` is empty."""

    aside: Aside


class SayAgain(_Touch, frozen=True):
    """Speak the screen again. On the idle screen `reception` is empty."""


class InquiryChosen(_Touch, frozen=True):
    """ "Is my card registered?", on the idle screen, for the next card."""


class HelpChosen(_Touch, frozen=True):
    """ "In difficulty", on the idle screen."""


class ProxyChosen(_Touch, frozen=True):
    """ "I am here for another person", on the idle screen, for the next card."""


class NoCardChosen(_Touch, frozen=True):
    """ "I have no card", on the idle screen."""


class ForChildChosen(_Touch, frozen=True):
    """ "For a child", on the idle screen, for the next card."""


# --- answers of the card ------------------------------------------------------------------------------------


class CardRead(_Answer, frozen=True):
    facts: CardFacts


class CardFailed(_Answer, frozen=True):
    trouble: CardTrouble


class CodeScanned(_Answer, frozen=True):
    """The scanner read the printed code, which is stored with the patient's secrets."""

    pinless: bool = False
    """The front is marked as issued without a PIN."""


class CodeGuided(_Answer, frozen=True):
    """How to hold the card so that its front can be read."""

    guidance: CardGuidance


class CodeNotScanned(_Answer, frozen=True):
    pinless: bool = False
    """The part of the front that was read is marked as issued without a PIN."""


class RecordFacts(Struct, frozen=True):
    """Facts about the face record for the session."""

    authenticity: str
    """`reader.facts.Authenticity` value."""
    has_photo: bool
    reference_usable: bool
    """The photo could be decoded and shows one face."""


class RecordOpened(_Answer, frozen=True):
    """The printed code was correct and the face record was read."""

    record: RecordFacts


class CodeRefused(_Answer, frozen=True):
    """Wrong or locked (`left` 0), or not sent because the card's counter had an unexpected value."""

    left: int


class PinSigned(_Answer, frozen=True):
    """VERIFY succeeded and the key signed the challenge."""


class PinRefused(_Answer, frozen=True):
    """Wrong (`sent`), locked (`left` 0), or not sent because the card's counter had an unexpected value."""

    left: int
    sent: bool


class PhoneSigned(_Answer, frozen=True):
    """The phone verified its owner and signed the challenge."""


class PhoneRefused(_Answer, frozen=True):
    """The phone did not verify its owner."""


class ChipSigned(_Answer, frozen=True):
    """The chip's key signed the challenge, and the terminal's key signed the verdict."""


# --- answers of the camera ----------------------------------------------------------------------------------


class FaceProgress(_Answer, frozen=True):
    progress: FaceCheckProgress


class FaceMatched(_Answer, frozen=True):
    distance: float


class FaceRefused(_Answer, frozen=True):
    """No match, no face in time, or a photograph is suspected."""

    why: str


class CameraFailed(_Answer, frozen=True):
    pass


# --- answers of the service, the ledger and the handover ----------------------------------------------------


class ChallengeFetched(_Answer, frozen=True):
    expires_at: datetime


class ServiceSilent(_Answer, frozen=True):
    pass


class ServiceRefused(_Answer, frozen=True):
    reason: RefusalReason


class CheckOpened(_Answer, frozen=True):
    check_id: str
    facts: CheckFacts


class Registered(_Answer, frozen=True):
    facts: CheckFacts


class OpenedRecorded(_Answer, frozen=True):
    pass


class DecisionRecorded(_Answer, frozen=True):
    unsigned: bool = False
    """The institution requires the card's signature and the card did not sign: every yes was recorded as no."""


class LedgerFailed(_Answer, frozen=True):
    pass


class Accepted(_Answer, frozen=True):
    """The service has the decision. `delivered`: the result file is in the receipt computer's folder."""

    delivered: bool


class EffectFailed(_Answer, frozen=True):
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
