"""Events of a reception: a closed union of frozen values.

There are three kinds. Events of devices name no reception. Touches name the reception they were meant for. Answers name
the reception and the effect they answer; an answer that does not match the present ones is dropped.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from consent.items import AnsweredBy
from reader.facts import CardFacts, ReaderStanding
from terminal.qualification.contract import CheckFacts, PrescriptionForm, RefusalReason
from terminal.session.display import Size
from terminal.troubles import CardTrouble
from vision.printed.guidance import CardGuidance
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
    """A card was put down. `card` numbers insertions, `reception` is the id a reception beginning here will have."""

    card: int
    reception: str
    number: int = 0
    """Number of the day that reception will have."""


@dataclass(frozen=True, slots=True)
class CardTaken:
    """The card of that insertion is gone."""

    card: int
    reader_lost: bool = False
    """The reader went away, not the card."""


@dataclass(frozen=True, slots=True)
class ReaderChanged:
    """A way of reading cards became available or unavailable."""

    standing: ReaderStanding


@dataclass(frozen=True, slots=True)
class CameraChanged:
    available: bool


@dataclass(frozen=True, slots=True)
class CodeShown:
    """The printed code was read from a card shown before it is put down. The digits lie with the conductor."""

    shown: str
    """Handle of the digits."""
    expiry: date
    """Printed on the same front."""
    pinless: bool = False
    """The same front says that the card was issued without a PIN."""


@dataclass(frozen=True, slots=True)
class FrontRead:
    """While the chip was read, a camera read the front of the card on the reader. The digits lie with the conductor."""

    reception: str
    expiry: date
    pinless: bool


@dataclass(frozen=True, slots=True)
class FrontGuided:
    """At the first screen: what the holder of a card before the camera can do so that its front can be read."""

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
    """ "Show the card to the camera" - at the idle screen, before it is put down."""


@dataclass(frozen=True, slots=True)
class CodeTypingChosen(_Touch):
    """The printed code will be typed rather than shown to the camera."""


@dataclass(frozen=True, slots=True)
class CodeEntered(_Touch):
    """The printed code was typed; the digits are with the patient's secrets, not here."""


@dataclass(frozen=True, slots=True)
class PinEntered(_Touch):
    """Four digits were typed; they are with the patient's secrets, not here."""


@dataclass(frozen=True, slots=True)
class PinForgotten(_Touch):
    """ "I forgot my PIN": help is shown, and the other ways are offered."""


@dataclass(frozen=True, slots=True)
class PhoneChosen(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class LastTryConfirmed(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffAuthenticated(_Touch):
    """Staff gave the right password. At the idle screen `reception` is empty."""

    here: bool = True
    """Beside the patient; from staff's own page the decision needs the password again."""


@dataclass(frozen=True, slots=True)
class StaffSaysSame(_Touch):
    reason: str


@dataclass(frozen=True, slots=True)
class StaffSaysOther(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffDiscards(_Touch):
    """Staff discard this reception, even after the check was opened."""


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
    """Yes or no to the one question named; an answer to another question than the one shown is dropped."""

    question_id: str
    granted: bool


@dataclass(frozen=True, slots=True)
class PrescriptionChosen(_Touch):
    form: PrescriptionForm


@dataclass(frozen=True, slots=True)
class DispensingChosen(_Touch):
    """Prescriptions to dispense today; None: decided at the counter."""

    prescriptions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Confirmed(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class Back(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class Cancelled(_Touch):
    """Leave, as long as there is nothing to check in with: before the check is open, or without a registered card."""


@dataclass(frozen=True, slots=True)
class CheckInWithoutSharing(_Touch):
    """Leave once the check is open: every yes of this reception becomes a no."""


@dataclass(frozen=True, slots=True)
class RespondentChosen(_Touch):
    """Who answers the questions."""

    who: AnsweredBy


@dataclass(frozen=True, slots=True)
class DetailsWanted(_Touch):
    """Show each answer for a moment, at the end."""


@dataclass(frozen=True, slots=True)
class NextFamilyMember(_Touch):
    """Another card follows, in the same language and look."""


@dataclass(frozen=True, slots=True)
class MoreTime(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class StaffCalled(_Touch):
    pass


@dataclass(frozen=True, slots=True)
class LanguagesWanted(_Touch):
    """All languages are shown to choose from."""


@dataclass(frozen=True, slots=True)
class JapaneseShown(_Touch):
    """Staff read this screen in Japanese for a moment; the patient's language is kept."""


@dataclass(frozen=True, slots=True)
class DisplayChanged(_Touch):
    """Language or look: None leaves one unchanged. At the idle screen `reception` is empty."""

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
    """What is asked in place of a state's own question, while the state goes on below it."""

    NONE = ""
    CHANGES = "changes"
    """What can be changed at any time, and answers that have no digit: for the numeric keypad."""
    LANGUAGES = "languages"
    """All languages there are."""
    RESPONDENT = "respondent"
    """Who answers: the person, a guardian, or a companion who asks first."""
    LEAVING = "leaving"
    """Whether to leave: a key is hit by mistake more easily than a target that is seen."""


@dataclass(frozen=True, slots=True)
class AsideWanted(_Touch):
    """Ask that, or with `NONE` return to the state's own question. At the idle screen `reception` is empty."""

    aside: Aside


@dataclass(frozen=True, slots=True)
class SayAgain(_Touch):
    """Say again what is on the screen. At the idle screen `reception` is empty."""


@dataclass(frozen=True, slots=True)
class InquiryChosen(_Touch):
    """ "Is my card registered?" - at the idle screen, for the next card."""


@dataclass(frozen=True, slots=True)
class HelpChosen(_Touch):
    """ "In difficulty" - at the idle screen."""


@dataclass(frozen=True, slots=True)
class ProxyChosen(_Touch):
    """ "I come for another person" - at the idle screen, for the next card."""


@dataclass(frozen=True, slots=True)
class NoCardChosen(_Touch):
    """ "I have no card" - at the idle screen."""


@dataclass(frozen=True, slots=True)
class ForChildChosen(_Touch):
    """ "For a child" - at the idle screen, for the next card."""


# --- answers of the card ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardRead(_Answer):
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class CardFailed(_Answer):
    trouble: CardTrouble


@dataclass(frozen=True, slots=True)
class CodeScanned(_Answer):
    """The scanner read the printed code; it is with the patient's secrets."""

    pinless: bool = False
    """The front says that the card was issued without a PIN."""


@dataclass(frozen=True, slots=True)
class CodeGuided(_Answer):
    """What the holder of the card can do so that its front can be read."""

    guidance: CardGuidance


@dataclass(frozen=True, slots=True)
class CodeNotScanned(_Answer):
    pinless: bool = False
    """What could be read of this card's front says that it was issued without a PIN."""


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
    """The printed code was right and the face record has been read."""

    record: RecordFacts


@dataclass(frozen=True, slots=True)
class CodeRefused(_Answer):
    """Wrong or locked (`left` 0), or not sent because the card's counter was not the expected one."""

    left: int


@dataclass(frozen=True, slots=True)
class PinSigned(_Answer):
    """VERIFY succeeded and the key signed the challenge."""


@dataclass(frozen=True, slots=True)
class PinRefused(_Answer):
    """Wrong (`sent`), locked (`left` 0), or not sent because the card's counter was not the expected one."""

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
    """The chip key signed the challenge, the terminal's key the verdict."""


# --- answers of the camera ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceProgress(_Answer):
    progress: FaceCheckProgress


@dataclass(frozen=True, slots=True)
class FaceMatched(_Answer):
    distance: float


@dataclass(frozen=True, slots=True)
class FaceRefused(_Answer):
    """Not matched, not seen in time, or a photo is suspected."""

    why: str


@dataclass(frozen=True, slots=True)
class CameraFailed(_Answer):
    pass


# --- answers of the service, the ledger and the hand-over ---------------------------------------------------


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
    """The card did not sign, which the institution requires: every yes was recorded as no."""


@dataclass(frozen=True, slots=True)
class LedgerFailed(_Answer):
    pass


@dataclass(frozen=True, slots=True)
class Accepted(_Answer):
    """The service has the decision. `delivered`: the result file is in the receipt computer's folder."""

    delivered: bool


@dataclass(frozen=True, slots=True)
class EffectFailed(_Answer):
    """A programming mistake surfaced while an effect was performed; the log has it, without locals."""


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
