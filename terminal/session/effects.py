"""Effects requested by a step: a closed union of frozen values, performed by the conductor only."""

from dataclasses import dataclass
from datetime import date, datetime

from consent.items import Answer, AnsweredBy, Item, Question, Wording
from consent.records import Cause
from terminal.qualification.contract import PrescriptionForm, Purpose, Way


@dataclass(frozen=True, slots=True)
class _Effect:
    reception: str
    effect: int


# --- answered by an event that carries the same ids ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadCard(_Effect):
    """Connect exclusively to the card of that insertion and read what is free."""

    card: int
    shown: str = ""
    """Handle of a printed code shown before: from here on it belongs to this reception."""


@dataclass(frozen=True, slots=True)
class FetchChallenge(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class ScanCode(_Effect):
    """Ask the camera or scanner for the code printed on the card; only a front with this expiry counts."""

    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class ReadFront(_Effect):
    """Read the front of the card on the reader while its chip is read. The code waits with the patient's secrets until
    `ScanCode` asks for it."""


@dataclass(frozen=True, slots=True)
class StopScan(_Effect):
    """Stop looking for the printed code."""


@dataclass(frozen=True, slots=True)
class LookForFront(_Effect):
    """Look for a card held before the camera at the first screen."""


@dataclass(frozen=True, slots=True)
class OpenFaceRecord(_Effect):
    """VERIFY the printed code once, then read, authenticate and encode the face record."""

    expected_left: int


@dataclass(frozen=True, slots=True)
class VerifyPinAndSign(_Effect):
    """VERIFY the digits just entered, once, to the card whose counter was read; then sign the challenge at once."""

    card: int
    expected_left: int


@dataclass(frozen=True, slots=True)
class SignByPhone(_Effect):
    """Let the phone verify its owner and sign the challenge."""

    card: int


@dataclass(frozen=True, slots=True)
class CheckFace(_Effect):
    attempt: int


@dataclass(frozen=True, slots=True)
class ProveChip(_Effect):
    """Chip key signs the challenge, the terminal's key the verdict."""

    way: Way
    reason: str


@dataclass(frozen=True, slots=True)
class OpenCheck(_Effect):
    way: Way
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class RecordOpenedCheck(_Effect):
    """The holder is known: a result must follow."""

    check_id: str
    way: Way
    face_matched: bool
    """The face was confirmed in this reception, regardless of the method that opened the check."""
    questions: tuple[Question, ...]
    """What may be asked, as far as known at this moment."""
    by_law: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RegisterCard(_Effect):
    check_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What goes into the ledger and to the service: confirmed 1, asked but not confirmed 0, not asked absent."""

    check_id: str
    decided_at: datetime
    cause: Cause
    language: str
    answers: tuple[Answer, ...]
    wordings: tuple[tuple[str, Wording], ...]
    """What was on the screen, by question id."""
    by_law: tuple[Item, ...]
    prescription: PrescriptionForm | None
    dispense: tuple[str, ...] | None
    answered_by: AnsweredBy | None = None


@dataclass(frozen=True, slots=True)
class RecordDecision(_Effect):
    decision: Decision


@dataclass(frozen=True, slots=True)
class Deliver(_Effect):
    """Submit what the ledger holds for this check, then hand the result over."""

    check_id: str


# --- not answered -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WipeShownCode(_Effect):
    """Overwrite a printed code whose card was never put down."""

    shown: str


@dataclass(frozen=True, slots=True)
class WipeCode(_Effect):
    """Overwrite the printed code of this reception: it belongs to another card."""


@dataclass(frozen=True, slots=True)
class StopFaceCheck(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class ReleaseCard(_Effect):
    """Power the card off and disconnect."""


@dataclass(frozen=True, slots=True)
class WipePatient(_Effect):
    """Overwrite everything that belongs to this patient."""


@dataclass(frozen=True, slots=True)
class RecordDiscarded(_Effect):
    check_id: str
    reason: str
    """A code, never a sentence."""


@dataclass(frozen=True, slots=True)
class RemindTakeCard(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class SpeakAgain(_Effect):
    """Speak what is on the screen once more."""


@dataclass(frozen=True, slots=True)
class AlertStaff(_Effect):
    reason: str


Effect = (
    ReadCard
    | FetchChallenge
    | ScanCode
    | StopScan
    | LookForFront
    | ReadFront
    | OpenFaceRecord
    | VerifyPinAndSign
    | SignByPhone
    | CheckFace
    | ProveChip
    | OpenCheck
    | RecordOpenedCheck
    | RegisterCard
    | RecordDecision
    | Deliver
    | WipeShownCode
    | WipeCode
    | StopFaceCheck
    | ReleaseCard
    | WipePatient
    | RecordDiscarded
    | RemindTakeCard
    | SpeakAgain
    | AlertStaff
)
