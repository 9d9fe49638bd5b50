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
    """Connect exclusively to the card with that insertion number and read what needs no PIN or code."""

    card: int
    shown: str = ""
    """Handle of a printed code shown before insertion, which this reception takes over."""


@dataclass(frozen=True, slots=True)
class FetchChallenge(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class ScanCode(_Effect):
    """Scan the code printed on the card with the camera or scanner. Fronts with another expiry date are ignored."""

    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class ReadFront(_Effect):
    """Read the front of the card on the reader in parallel with its chip. The code is stored with the patient's secrets
    until `ScanCode` requests it."""


@dataclass(frozen=True, slots=True)
class StopScan(_Effect):
    """Stop looking for the printed code."""


@dataclass(frozen=True, slots=True)
class LookForFront(_Effect):
    """Look for a card held to the camera on the first screen."""


@dataclass(frozen=True, slots=True)
class OpenFaceRecord(_Effect):
    """VERIFY the printed code once, then read, authenticate and encode the face record."""

    expected_left: int


@dataclass(frozen=True, slots=True)
class VerifyPinAndSign(_Effect):
    """VERIFY the PIN just entered, once, on the card whose counter was read, then sign the challenge immediately."""

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
    """Sign the challenge with the chip's key and the verdict with the terminal's key."""

    way: Way
    reason: str


@dataclass(frozen=True, slots=True)
class OpenCheck(_Effect):
    way: Way
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class RecordOpenedCheck(_Effect):
    """Record that the holder is confirmed, so the check must end with a decision or be discarded."""

    check_id: str
    way: Way
    face_matched: bool
    """Whether the face matched in this reception, even if another method opened the check."""
    questions: tuple[Question, ...]
    """Questions that may be asked, as far as known now."""
    by_law: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RegisterCard(_Effect):
    check_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision written to the ledger and sent to the service: 1 confirmed, 0 asked but not confirmed, absent if not
    asked."""

    check_id: str
    decided_at: datetime
    cause: Cause
    language: str
    answers: tuple[Answer, ...]
    wordings: tuple[tuple[str, Wording], ...]
    """Wording shown on the screen, by question id."""
    by_law: tuple[Item, ...]
    prescription: PrescriptionForm | None
    dispense: tuple[str, ...] | None
    answered_by: AnsweredBy | None = None


@dataclass(frozen=True, slots=True)
class RecordDecision(_Effect):
    decision: Decision


@dataclass(frozen=True, slots=True)
class Deliver(_Effect):
    """Submit this check's decision from the ledger, then hand the result over."""

    check_id: str


# --- not answered -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WipeShownCode(_Effect):
    """Overwrite a printed code whose card was never put down."""

    shown: str


@dataclass(frozen=True, slots=True)
class WipeCode(_Effect):
    """Overwrite this reception's printed code, which belongs to another card or is no longer needed."""


@dataclass(frozen=True, slots=True)
class StopFaceCheck(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class ReleaseCard(_Effect):
    """Power the card off and disconnect."""


@dataclass(frozen=True, slots=True)
class WipePatient(_Effect):
    """Overwrite all of this patient's data in memory."""


@dataclass(frozen=True, slots=True)
class RecordDiscarded(_Effect):
    check_id: str
    reason: str
    """Reason code."""


@dataclass(frozen=True, slots=True)
class RemindTakeCard(_Effect):
    pass


@dataclass(frozen=True, slots=True)
class SpeakAgain(_Effect):
    """Speak the screen again."""


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
