"""Ledger contents: the events of a check, each recorded as one line of canonical JSON.

No field accepts names, numbers, birth dates or biometric values: identifiers have a narrow format, reasons are codes,
and the only free text is the wording of questions from the message catalogues.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from config.profiles import Profile
from consent.items import Answer, AnsweredBy, Item, Question

CONSENT_LASTS = timedelta(hours=24)
"""How long after the consent the institution may fetch the data (AvailableTime)."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""Reason code."""
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 or HMAC-SHA-256, hexadecimal."""
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""Screen language ("ja", "ja-easy", "en", "zh-Hans") in the form of a BCP 47 tag."""


class RecordBody(BaseModel):
    # error messages must not show the refused input, which may be personal data
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AskedQuestion(RecordBody):
    """Question that may be asked in this check, as known at its opening."""

    question_id: Identifier
    items: tuple[Item, ...]

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(question_id=question.id, items=question.items)


class RecordedAnswer(RecordBody):
    """Answer to one item: when it was given, and the wording and language of its question."""

    item: Item
    granted: bool
    answered_at: AwareDatetime | None
    question_id: Identifier
    language: Language | None = None
    """Language of the wording; None if it is unknown whether the question was shown."""
    wording: Annotated[str, Field(max_length=300)] = ""
    """Question as shown, from the message catalogue. If asked together with others, its topic is on a second line. In
    languages that no native speaker has checked, the Japanese text follows. Never contains patient data."""

    @classmethod
    def of(cls, answer: Answer, language: str | None = None, wording: str = "") -> Self:
        return cls(
            item=answer.item,
            granted=answer.granted,
            answered_at=answer.answered_at,
            question_id=answer.question_id,
            language=language,
            wording=wording,
        )

    @model_validator(mode="after")
    def _grant_is_complete(self) -> Self:
        if self.granted and (self.answered_at is None or self.language is None or not self.wording):
            raise ValueError("a consent needs a time, a wording and the language in which it was asked")
        return self


WITHOUT_CARD = "without-card"
"""`Opened.way` of a check based on a printed 資格確認書. The service answers in one step; nothing is submitted."""


class Opened(RecordBody):
    """The service opened the check. The holder is confirmed, and the check must be decided or discarded."""

    kind: Literal["opened"] = "opened"
    check_id: Identifier
    reception_id: Identifier
    card: Hash
    """`consent.cards.card_hash` of the certificate's serial number."""
    profile: Profile
    way: Code
    """How the holder was confirmed: "pin", "face", "face-and-pin", "phone" or "staff"; or `WITHOUT_CARD`."""
    questions: tuple[AskedQuestion, ...] = ()
    """Questions that may be asked. After a crash, each of their items is decided with 0."""
    by_law: tuple[Item, ...] = ()
    service_at: AwareDatetime | None = None
    """Time of opening by the service's clock; None in records of version 0.1."""


class Cause(StrEnum):
    """Cause of the decision."""

    ANSWERED = "answered"
    NOTHING_ASKED = "nothing-asked"
    CARD_REMOVED = "card-removed"
    READER_LOST = "reader-lost"
    """The reader was unplugged. The patient did not take the card."""
    CANCELLED = "cancelled"
    WITHOUT_SHARING = "without-sharing"
    """The patient chose to check in without sharing. Every yes in the reception counts as a no."""
    TIMED_OUT = "timed-out"
    UNSIGNED = "unsigned"
    """The card did not sign, which the institution requires. Nothing is granted."""
    INTERRUPTED = "interrupted"
    """The terminal stopped between opening and decision. Nothing is granted."""


_GRANTS_NOTHING = (Cause.INTERRUPTED, Cause.WITHOUT_SHARING, Cause.UNSIGNED)


class Decided(RecordBody):
    """The decision, with everything needed to submit it, even after a restart."""

    kind: Literal["decided"] = "decided"
    check_id: Identifier
    reception_id: Identifier
    card: Hash
    profile: Profile
    idempotency_key: Identifier
    decided_at: AwareDatetime
    cause: Cause
    answers: tuple[RecordedAnswer, ...]
    by_law: tuple[Item, ...] = ()
    """Items provided by law without consent."""
    prescription_form: Literal["1", "2"] | None = None
    """OQSCD017: electronic, paper."""
    dispense: tuple[Identifier, ...] | None = None
    """Prescriptions to dispense; None if not asked or chosen at the counter."""
    answered_by: AnsweredBy | None = None
    result_file: FileName
    """Stem of the result file name, fixed here so that a retry does not write a second file."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("an item is answered twice, or both answered and provided by law")
        if self.cause in _GRANTS_NOTHING and any(answer.granted for answer in self.answers):
            raise ValueError("interrupted receptions and those without sharing cannot grant anything")
        return self

    @property
    def granted(self) -> frozenset[Item]:
        return frozenset(answer.item for answer in self.answers if answer.granted)

    @property
    def sendable_until(self) -> datetime:
        """Time at which the first consent expires; 24 h after the decision if there is none."""
        moments = [answer.answered_at for answer in self.answers if answer.granted and answer.answered_at]
        return min(moments, default=self.decided_at) + CONSENT_LASTS


class CorrectedAnswer(RecordBody):
    """Time of one consent by the service's clock."""

    item: Item
    answered_at: AwareDatetime


class TimeCorrected(RecordBody):
    """The terminal's clock was wrong at the decision, so these times are sent instead of those in the decision."""

    kind: Literal["time-corrected"] = "time-corrected"
    check_id: Identifier
    decided_at: AwareDatetime
    consents: tuple[CorrectedAnswer, ...] = ()
    """One per granted item."""


class CardSignature(StrEnum):
    """The service's verdict on the card's signature over the decision."""

    VALID = "valid"
    ABSENT = "absent"
    INVALID = "invalid"


class SubmissionConfirmed(RecordBody):
    """The service accepted the submission. Fields are from its signed receipt."""

    kind: Literal["confirmed"] = "confirmed"
    check_id: Identifier
    accepted_at: AwareDatetime
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """With `ledger_count`, the head sent with the submission and returned in the receipt."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over the receipt, base64."""
    card_signature: CardSignature | None = None
    """Verdict in the receipt; None in receipts of version 0.1. The card's signature itself is never stored, because two
    signatures by one card would reveal its public key and link its visits."""


class HandingOver(RecordBody):
    """The result file is written and will be moved into the receipt computer's folder."""

    kind: Literal["handing-over"] = "handing-over"
    check_id: Identifier
    file_name: FileName
    sha256: Hash
    folder: Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")] = ""
    """Mark that identifies the folder, in case another folder is mounted in its place."""


class Delivered(RecordBody):
    """The result file is in the receipt computer's folder, or has been taken from it."""

    kind: Literal["delivered"] = "delivered"
    check_id: Identifier
    file_name: FileName
    sha256: Hash | None = None
    """Hash of the file; None in records of version 0.1."""


class HandOverDecided(RecordBody):
    """Staff's decision on a result that cannot be handed over, or may or may not have been."""

    kind: Literal["hand-over-decided"] = "hand-over-decided"
    check_id: Identifier
    decision: Literal["again", "closed"]
    """`again`: hand it over again, even if the receipt computer may have it. `closed`: enter it by hand instead."""


class NotOurs(RecordBody):
    """The service's result does not match the decision in the ledger and was not handed over."""

    kind: Literal["not-ours"] = "not-ours"
    check_id: Identifier
    reason: Code


class Expired(RecordBody):
    """The consent expired before the service confirmed the decision, which is no longer sent."""

    kind: Literal["expired"] = "expired"
    check_id: Identifier


class Withdrawn(RecordBody):
    kind: Literal["withdrawn"] = "withdrawn"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class WithdrawalSettled(RecordBody):
    """A withdrawal no longer has to be reported to the service."""

    kind: Literal["withdrawal-settled"] = "withdrawal-settled"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    accepted_at: AwareDatetime | None = None
    """When the service accepted it; None if the consent had expired or the service no longer knew the check."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)] = ""
    """The service's signature, base64; empty if there is none."""


class Discarded(RecordBody):
    """The check ends without a decision or submission: discarded, declined, interrupted or refused permanently."""

    kind: Literal["discarded"] = "discarded"
    check_id: Identifier
    reason: Code


class LostOpenings(RecordBody):
    """Number of checks that the service opened on one day (Japan time) and that are missing from the ledger."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Restored(RecordBody):
    """The ledger was restored from a backup, and the records that followed are lost. Not a record of a check.

    The service revoked the previous key and signed this, so that a gap cannot be faked.
    """

    kind: Literal["restored"] = "restored"
    check_id: Identifier
    """Id of the restore, not of a check."""
    backup_at: AwareDatetime
    lost: Annotated[int, Field(ge=0)]
    """Number of decisions that the service has and this ledger lost. A `lost` record of each follows."""
    opened: tuple[LostOpenings, ...] = ()
    """Checks without any record, submitted or not."""
    ended_key: Hash
    """SHA-256 of the revoked public key (DER SubjectPublicKeyInfo)."""
    key: Hash
    """SHA-256 of the public key that replaced it, in the same format."""
    changed_at: AwareDatetime
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over `key_changed_statement(...)`, base64."""


class Lost(RecordBody):
    """The service has a decision of this check whose records were lost. Fields are from its signed receipt."""

    kind: Literal["lost"] = "lost"
    check_id: Identifier
    accepted_at: AwareDatetime
    submission_sha256: Hash
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """With `ledger_count`, the head at a record that was lost."""
    card_signature: CardSignature | None = None
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over the receipt, base64."""


Event: TypeAlias = (
    Opened
    | Decided
    | TimeCorrected
    | SubmissionConfirmed
    | HandingOver
    | HandOverDecided
    | Delivered
    | NotOurs
    | Expired
    | Withdrawn
    | WithdrawalSettled
    | Discarded
    | Restored
    | Lost
)
EventT = TypeVar("EventT", bound=RecordBody, covariant=True)

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Record(Generic[EventT]):
    """One record of the chain."""

    sequence: int
    """Position in the chain, starting with 1."""
    at: datetime
    previous: str
    """Hash of the previous record, or the genesis hash."""
    hash: str
    event: EventT


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Number of records, and the hash of the last one (the genesis hash if the ledger is empty)."""

    count: int
    hash: str


def record_from(body: str, stored_hash: str) -> Record[Event]:
    """Parse one record. Raises ValueError if it is invalid."""
    content = json.loads(body)
    try:
        return Record(
            sequence=content["sequence"],
            at=datetime.fromisoformat(content["at"]),
            previous=content["previous"],
            hash=stored_hash,
            event=_EVENT.validate_json(json.dumps(content["event"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not a ledger record") from error
