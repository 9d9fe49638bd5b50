"""Events of a reception: a closed union of frozen values.

There are three kinds. Device events have no reception id. Touches have the id of the reception on the screen. Answers
have the ids of their reception and effect. Answers to a different reception or an earlier effect are dropped.
"""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from consent.items import AnsweredBy
from reader.facts import CardFacts, ReaderStatus
from terminal.failures import CardReadFailure
from terminal.qualification.contract import CheckFacts, PrescriptionForm, RefusalReason
from terminal.session.display import Size
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
    """A card was put down. `card` is the insertion number, `reception` the id of the reception it starts."""

    card: int
    reception: str
    number: int = 0
    """Number of the reception within the day."""


class CardTaken(Struct, frozen=True):
    """The card with this insertion number was removed."""

    card: int
    reader_lost: bool = False
    """Whether the reader was disconnected, possibly with the card on it."""


class ReaderChanged(Struct, frozen=True):
    """A reader became available or unavailable."""

    status: ReaderStatus


class CameraChanged(Struct, frozen=True):
    available: bool


class CodeShown(Struct, frozen=True):
    """The camera read a card's printed code before insertion. The conductor stores the digits."""

    shown: str
    """Handle of the digits."""
    expiry: date
    """Expiry date printed on the card's front."""
    pinless: bool = False
    """Whether the front shows that the card was issued without a PIN."""


class FrontRead(Struct, frozen=True):
    """A camera read the front of the card on the reader, in parallel with the chip. The conductor stores the digits."""

    reception: str
    expiry: date
    pinless: bool


class FrontGuidance(Struct, frozen=True):
    """How to hold the card so that the camera can read its front. Sent on the first screen only."""

    guidance: CardGuidance


class FrontNotShown(Struct, frozen=True):
    """No front was read in time, or the camera failed."""


# --- touches ------------------------------------------------------------------------------------------------


class FaceChosen(_Touch, frozen=True):
    pass


class PinChosen(_Touch, frozen=True):
    pass


class ShowCardChosen(_Touch, frozen=True):
    """ "Show my card to the camera first" was chosen on the first screen, before the card was put down."""


class CodeTypingChosen(_Touch, frozen=True):
    """The patient chose to type the printed code instead of showing it to the camera."""


class CodeEntered(_Touch, frozen=True):
    """The printed code was typed. The digits are stored with the patient's secrets, not in the event."""


class PinEntered(_Touch, frozen=True):
    """Four digits were typed. They are stored with the patient's secrets, not in the event."""


class PinForgotten(_Touch, frozen=True):
    """ "I forgot my PIN" was chosen: show help and offer the other methods."""


class PhoneChosen(_Touch, frozen=True):
    pass


class LastTryConfirmed(_Touch, frozen=True):
    pass


class StaffAuthenticated(_Touch, frozen=True):
    """Staff entered the correct password. `reception` is empty on the first screen."""

    at_terminal: bool = True
    """Whether it was entered at the terminal. On the staff page, each decision requires the password."""


class StaffConfirmed(_Touch, frozen=True):
    reason: str


class StaffRejected(_Touch, frozen=True):
    pass


class StaffDiscarded(_Touch, frozen=True):
    """Staff discarded this reception, before or after the check was opened."""


class Understood(_Touch, frozen=True):
    pass


class RegistrationRequested(_Touch, frozen=True):
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
    """Answer to the question with this id. Dropped if a different question is on the screen."""

    question_id: str
    granted: bool


class PrescriptionChosen(_Touch, frozen=True):
    form: PrescriptionForm


class DispensingChosen(_Touch, frozen=True):
    """Prescriptions to dispense today. None to decide at the counter."""

    prescriptions: tuple[str, ...] | None = None


class Confirmed(_Touch, frozen=True):
    pass


class Back(_Touch, frozen=True):
    pass


class Cancelled(_Touch, frozen=True):
    """Leave without checking in, before the check is open or if the card is not registered."""


class CheckInWithoutSharing(_Touch, frozen=True):
    """Leave after the check was opened. All answers in this reception become no."""


class RespondentChosen(_Touch, frozen=True):
    """The person who answers the questions was chosen."""

    who: AnsweredBy


class DetailsRequested(_Touch, frozen=True):
    """Show each answer for a few seconds on the last screen."""


class NextFamilyMember(_Touch, frozen=True):
    """A family member's card follows, with the same language and display settings."""


class MoreTime(_Touch, frozen=True):
    pass


class StaffCalled(_Touch, frozen=True):
    pass


class LanguagesRequested(_Touch, frozen=True):
    """Show the list of all languages."""


class JapaneseShown(_Touch, frozen=True):
    """Show this screen in Japanese to staff for a few seconds, then return to the patient's language."""


class DisplayChanged(_Touch, frozen=True):
    """Change language or display settings. None keeps a setting. `reception` is empty on the first screen."""

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
    """A side question that temporarily replaces the state's question. State and deadline do not change."""

    NONE = ""
    CHANGES = "changes"
    """For the numeric keypad: display settings, and answers that have no digit."""
    LANGUAGES = "languages"
    """All available languages."""
    RESPONDENT = "respondent"
    """Choice of who answers: the patient, a guardian, or a companion who asks the patient."""
    LEAVING = "leaving"
    """Asks to confirm leaving, because keys are pressed accidentally more often than buttons."""


class AsideRequested(_Touch, frozen=True):
    """Show this side question, or return to the state's question. `reception` is empty on the first screen."""

    aside: Aside


class RepeatRequested(_Touch, frozen=True):
    """Repeat the spoken screen. `reception` is empty on the first screen."""


class InquiryChosen(_Touch, frozen=True):
    """ "Is my card registered?" was chosen on the first screen for the next card."""


class HelpChosen(_Touch, frozen=True):
    """ "Need help?" was chosen on the first screen."""


class ProxyChosen(_Touch, frozen=True):
    """ "I am here for someone else" was chosen on the first screen for the next card."""


class NoCardChosen(_Touch, frozen=True):
    """ "I have no card" was chosen on the first screen."""


class ForChildChosen(_Touch, frozen=True):
    """ "For a child" was chosen on the first screen for the next card."""


# --- answers from the card ----------------------------------------------------------------------------------


class CardRead(_Answer, frozen=True):
    facts: CardFacts


class CardFailed(_Answer, frozen=True):
    failure: CardReadFailure


class CodeScanned(_Answer, frozen=True):
    """The printed code was read and stored with the patient's secrets."""

    pinless: bool = False
    """Whether the front shows that the card was issued without a PIN."""


class ScanGuidance(_Answer, frozen=True):
    """How to hold the card so that its front can be read."""

    guidance: CardGuidance


class CodeNotScanned(_Answer, frozen=True):
    pinless: bool = False
    """Whether the part that was read shows that the card was issued without a PIN."""


class RecordFacts(Struct, frozen=True):
    """Facts about the face record for the session."""

    authenticity: str
    """`reader.facts.Authenticity` value."""
    has_photo: bool
    reference_usable: bool
    """Whether the photo was decoded and contains exactly one face."""


class RecordOpened(_Answer, frozen=True):
    """The printed code was correct and the face record was read."""

    record: RecordFacts


class CodeRefused(_Answer, frozen=True):
    """The code was wrong or locked (`left` 0), or was not sent because the card's try counter was unexpected."""

    left: int


class PinSigned(_Answer, frozen=True):
    """VERIFY succeeded and the card signed the challenge."""


class PinRefused(_Answer, frozen=True):
    """The PIN was wrong (`sent`) or locked (`left` 0), or was not sent because the try counter was unexpected."""

    left: int
    sent: bool


class PhoneSigned(_Answer, frozen=True):
    """The phone verified its owner and signed the challenge."""


class PhoneRefused(_Answer, frozen=True):
    """The phone did not verify its owner."""


class ChipSigned(_Answer, frozen=True):
    """The chip's key signed the challenge, and the terminal's key signed the verdict."""


# --- answers from the camera --------------------------------------------------------------------------------


class FaceProgress(_Answer, frozen=True):
    progress: FaceCheckProgress


class FaceMatched(_Answer, frozen=True):
    distance: float


class FaceRefused(_Answer, frozen=True):
    """The face did not match, no face was found in time, or a photograph is suspected."""

    reason: str


class CameraFailed(_Answer, frozen=True):
    pass


# --- answers from the service, the ledger and the handover --------------------------------------------------


class ChallengeFetched(_Answer, frozen=True):
    expires_at: datetime


class ServiceUnavailable(_Answer, frozen=True):
    pass


class ServiceRefused(_Answer, frozen=True):
    reason: RefusalReason


class CheckOpened(_Answer, frozen=True):
    check_id: str
    facts: CheckFacts


class Registered(_Answer, frozen=True):
    facts: CheckFacts


class OpenedCheckRecorded(_Answer, frozen=True):
    pass


class DecisionRecorded(_Answer, frozen=True):
    unsigned: bool = False
    """Whether every yes was recorded as no because the required card signature is missing."""


class LedgerFailed(_Answer, frozen=True):
    pass


class Accepted(_Answer, frozen=True):
    """The service accepted the decision. `delivered` is whether the result file is in the receipt computer's folder."""

    delivered: bool


class EffectFailed(_Answer, frozen=True):
    """An internal error occurred while an effect was performed. The log contains its type and location."""


Device = (
    Tick
    | CardPresent
    | CardTaken
    | ReaderChanged
    | CameraChanged
    | CodeShown
    | FrontRead
    | FrontGuidance
    | FrontNotShown
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
    | StaffConfirmed
    | StaffRejected
    | StaffDiscarded
    | Understood
    | RegistrationRequested
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
    | DetailsRequested
    | NextFamilyMember
    | MoreTime
    | StaffCalled
    | LanguagesRequested
    | JapaneseShown
    | DisplayChanged
    | AsideRequested
    | RepeatRequested
    | InquiryChosen
    | HelpChosen
    | NoCardChosen
    | ForChildChosen
    | ProxyChosen
)
EffectAnswer = (
    CardRead
    | CardFailed
    | ScanGuidance
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
    | ServiceUnavailable
    | ServiceRefused
    | CheckOpened
    | Registered
    | OpenedCheckRecorded
    | DecisionRecorded
    | LedgerFailed
    | Accepted
    | EffectFailed
)
Event = Device | Touch | EffectAnswer
