"""Effects requested by a step and performed by the conductor: a closed union of frozen values."""

from datetime import date, datetime

from msgspec import Struct

from consent.items import Answer, AnsweredBy, Item, Question, Wording
from consent.records import Cause
from terminal.qualification.contract import PrescriptionForm, Purpose, Way


class _Effect(Struct, frozen=True):
    reception: str
    effect: int


# --- answered by an event with the same ids ---------------------------------------------------------------


class ReadCard(_Effect, frozen=True):
    """Connect exclusively to the card with this insertion number and read the data that requires no PIN or code."""

    card: int
    shown: str = ""
    """Handle of a printed code shown before insertion."""


class FetchChallenge(_Effect, frozen=True):
    pass


class ScanCode(_Effect, frozen=True):
    """Scan the code printed on the card with the camera or scanner. Ignore fronts with a different expiry date."""

    expiry: date | None = None


class ReadFront(_Effect, frozen=True):
    """Read the front of the card on the reader in parallel with its chip.

    The conductor stores the code until `ScanCode` requests it.
    """


class StopScan(_Effect, frozen=True):
    """Stop looking for the printed code."""


class LookForFront(_Effect, frozen=True):
    """Look for a card held to the camera on the first screen."""


class OpenFaceRecord(_Effect, frozen=True):
    """VERIFY the printed code once, then read, authenticate and encode the face record."""

    expected_left: int


class VerifyPinAndSign(_Effect, frozen=True):
    """VERIFY the entered PIN once on the card with this insertion number and immediately sign the challenge."""

    card: int
    expected_left: int


class SignWithPhone(_Effect, frozen=True):
    """Have the phone verify its owner and sign the challenge."""

    card: int


class CheckFace(_Effect, frozen=True):
    attempt: int


class ProveChip(_Effect, frozen=True):
    """Sign the challenge with the chip's key and the verdict with the terminal's key."""

    way: Way
    reason: str


class OpenCheck(_Effect, frozen=True):
    way: Way
    purpose: Purpose


class RecordOpenedCheck(_Effect, frozen=True):
    """Record the opened check. From then on, the check must end with a decision or be discarded."""

    check_id: str
    way: Way
    face_matched: bool
    """Whether the face matched in this reception, even if a different method opened the check."""
    questions: tuple[Question, ...]
    """Questions that may be asked."""
    by_law: tuple[Item, ...]


class RegisterCard(_Effect, frozen=True):
    check_id: str


class Decision(Struct, frozen=True):
    """Decision written to the ledger and sent to the service.

    Each answer is 1 if confirmed and 0 if asked but not confirmed. Items that were not asked about have no answer.
    """

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


class RecordDecision(_Effect, frozen=True):
    decision: Decision


class Deliver(_Effect, frozen=True):
    """Submit this check's decision from the ledger and hand over the result."""

    check_id: str


# --- not answered -------------------------------------------------------------------------------------------


class WipeShownCode(_Effect, frozen=True):
    """Overwrite a printed code whose card was not put down."""

    shown: str


class WipeCode(_Effect, frozen=True):
    """Overwrite this reception's printed code because it belongs to a different card or is not needed."""


class StopFaceCheck(_Effect, frozen=True):
    pass


class ReleaseCard(_Effect, frozen=True):
    """Power the card off and disconnect."""


class WipePatient(_Effect, frozen=True):
    """Overwrite all of this patient's data in memory."""


class RecordDiscarded(_Effect, frozen=True):
    check_id: str
    reason: str
    """Reason code."""


class RemindToTakeCard(_Effect, frozen=True):
    pass


class SpeakAgain(_Effect, frozen=True):
    """Repeat the spoken screen."""


class AlertStaff(_Effect, frozen=True):
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
    | SignWithPhone
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
    | RemindToTakeCard
    | SpeakAgain
    | AlertStaff
)
