"""Ledger records: the events of a check, each stored as one line of canonical JSON.

No field accepts names, numbers, birth dates or biometric data: identifiers have a narrow format, reasons are codes,
and the only free text is the wording of questions, taken from the message catalogues.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from config.profiles import Profile
from consent.items import Answer, AnsweredBy, Item, Question

CONSENT_VALIDITY = timedelta(hours=24)
"""Period after the consent during which the institution may fetch the data (AvailableTime)."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""Reason code."""
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 or HMAC-SHA-256, hexadecimal."""
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""Screen language, formatted as a BCP 47 tag ("ja", "ja-easy", "en", "zh-Hans")."""


class RecordBody(BaseModel):
    # hide_input: keep personal data in invalid input out of error messages.
    # defer_build: most models are validated only as part of the union of all events.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class AskedQuestion(RecordBody):
    """Question that may be asked in this check."""

    question_id: Identifier
    items: tuple[Item, ...]

    @classmethod
    def from_question(cls, question: Question) -> Self:
        return cls(question_id=question.id, items=question.items)


class RecordedAnswer(RecordBody):
    """Answer for one item, with its time and the wording and language of the question."""

    item: Item
    granted: bool
    answered_at: AwareDatetime | None
    question_id: Identifier
    language: Language | None = None
    """Language of the wording; None if the question may not have been shown."""
    wording: Annotated[str, Field(max_length=300)] = ""
    """Question text from the message catalogue. Its topic, if asked together with others, is on a second line. The
    Japanese text follows if no native speaker has reviewed the language. Contains no patient data."""

    @classmethod
    def from_answer(cls, answer: Answer, language: str | None = None, wording: str = "") -> Self:
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
            raise ValueError("a granted answer requires a time, a wording and a language")
        return self


WITHOUT_CARD = "without-card"
"""`Opened.way` of a check based on a printed 資格確認書, which the service answers in one step without a submission."""


class Opened(RecordBody):
    """The service opened the check for a confirmed holder. It must be decided or discarded."""

    kind: Literal["opened"] = "opened"
    check_id: Identifier
    reception_id: Identifier
    card: Hash
    """`consent.card_hashes.card_hash` of the certificate's serial number."""
    profile: Profile
    way: Code
    """Method of confirming the holder ("pin", "face", "face-and-pin", "phone", "staff"), or `WITHOUT_CARD`."""
    questions: tuple[AskedQuestion, ...] = ()
    """Questions that may be asked. After a crash, all their items are refused."""
    by_law: tuple[Item, ...] = ()
    service_at: AwareDatetime | None = None
    """Opening time by the service's clock; None in records of version 0.1."""


class Cause(StrEnum):
    """Cause of the decision."""

    ANSWERED = "answered"
    NOTHING_ASKED = "nothing-asked"
    CARD_REMOVED = "card-removed"
    READER_LOST = "reader-lost"
    """The reader was unplugged before the patient removed the card."""
    CANCELLED = "cancelled"
    WITHOUT_SHARING = "without-sharing"
    """The patient chose to check in without sharing, which revokes every consent in the reception."""
    TIMED_OUT = "timed-out"
    UNSIGNED = "unsigned"
    """The card did not sign and the institution requires a signature. Nothing is granted."""
    INTERRUPTED = "interrupted"
    """The terminal stopped between opening and decision. Nothing is granted."""


_GRANTS_NOTHING = (Cause.INTERRUPTED, Cause.WITHOUT_SHARING, Cause.UNSIGNED)


class Decided(RecordBody):
    """The decision, with all data needed to submit it, even after a restart."""

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
    """Prescriptions to dispense; None if not asked about, or chosen at the counter."""
    answered_by: AnsweredBy | None = None
    result_file: FileName
    """Stem of the result file name, recorded so that retries reuse it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("an item is answered twice, or answered and provided by law")
        if self.cause in _GRANTS_NOTHING and any(answer.granted for answer in self.answers):
            raise ValueError(f"a decision with cause {self.cause.value!r} cannot grant items")
        return self

    @property
    def granted(self) -> frozenset[Item]:
        return frozenset(answer.item for answer in self.answers if answer.granted)

    @property
    def sendable_until(self) -> datetime:
        """Time at which the first consent expires, or 24 h after the decision without consents."""
        grant_times = [answer.answered_at for answer in self.answers if answer.granted and answer.answered_at]
        return min(grant_times, default=self.decided_at) + CONSENT_VALIDITY


class CorrectedAnswer(RecordBody):
    """Time of one consent by the service's clock."""

    item: Item
    answered_at: AwareDatetime


class TimeCorrected(RecordBody):
    """Times that replace those of a decision made while the terminal's clock was wrong."""

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
    """The service accepted the submission. The fields are copied from its signed receipt."""

    kind: Literal["confirmed"] = "confirmed"
    check_id: Identifier
    accepted_at: AwareDatetime
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """Together with `ledger_count`, the head sent with the submission and returned in the receipt."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over the receipt, base64."""
    card_signature: CardSignature | None = None
    """Verdict in the receipt; None in receipts of version 0.1. The signature itself is not stored: two signatures by
    the same card would reveal its public key and link its visits."""


class HandingOver(RecordBody):
    """The result file is complete and will be moved into the receipt computer's folder."""

    kind: Literal["handing-over"] = "handing-over"
    check_id: Identifier
    file_name: FileName
    sha256: Hash
    folder: Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")] = ""
    """Id of the folder, to detect a different folder mounted at the same path."""


class Delivered(RecordBody):
    """The result file was moved into the receipt computer's folder."""

    kind: Literal["delivered"] = "delivered"
    check_id: Identifier
    file_name: FileName
    sha256: Hash | None = None
    """Hash of the file; None in records of version 0.1."""


class HandOverDecided(RecordBody):
    """Staff's decision on a result whose handover failed or has an unknown outcome."""

    kind: Literal["hand-over-decided"] = "hand-over-decided"
    check_id: Identifier
    decision: Literal["again", "closed"]
    """`again`: retry the handover, even if the result may have arrived. `closed`: staff enter it by hand."""


class ResultMismatch(RecordBody):
    """The service's result differs from the decision in the ledger and was not handed over."""

    kind: Literal["not-ours"] = "not-ours"
    check_id: Identifier
    reason: Code


class Expired(RecordBody):
    """The consent expired before the service confirmed the decision. It will not be sent."""

    kind: Literal["expired"] = "expired"
    check_id: Identifier


class Withdrawn(RecordBody):
    kind: Literal["withdrawn"] = "withdrawn"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class WithdrawalSettled(RecordBody):
    """A withdrawal need not be reported to the service."""

    kind: Literal["withdrawal-settled"] = "withdrawal-settled"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    accepted_at: AwareDatetime | None = None
    """Time of acceptance by the service; None if the consent had expired or the service had deleted the check."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)] = ""
    """The service's signature, base64, or an empty string."""


class Discarded(RecordBody):
    """The check ended without a decision or submission: discarded, declined, interrupted or permanently refused."""

    kind: Literal["discarded"] = "discarded"
    check_id: Identifier
    reason: Code


class LostOpenings(RecordBody):
    """Number of checks opened by the service on one day (Japan time) and missing from the ledger."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Restored(RecordBody):
    """The ledger was restored from a backup and lost all later records. Does not refer to a check.

    The service revoked the previous key and signed these fields, so a gap cannot be faked.
    """

    kind: Literal["restored"] = "restored"
    check_id: Identifier
    """Id of the restore operation."""
    backup_at: AwareDatetime
    lost: Annotated[int, Field(ge=0)]
    """Number of decisions missing from this ledger. Each has a `lost` record after this one."""
    opened: tuple[LostOpenings, ...] = ()
    """Checks without any record, whether submitted or not."""
    ended_key: Hash
    """SHA-256 of the revoked public key (DER SubjectPublicKeyInfo)."""
    key: Hash
    """SHA-256 of the public key that replaced it, in the same format."""
    changed_at: AwareDatetime
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over `key_changed_statement(...)`, base64."""


class Lost(RecordBody):
    """Decision whose records were lost. The fields are copied from the service's signed receipt."""

    kind: Literal["lost"] = "lost"
    check_id: Identifier
    accepted_at: AwareDatetime
    submission_sha256: Hash
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """Together with `ledger_count`, the head at a lost record."""
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
    | ResultMismatch
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
    """Record of the hash chain."""

    sequence: int
    """Position in the chain, starting with 1."""
    at: datetime
    previous: str
    """Hash of the previous record, or the genesis hash."""
    hash: str
    event: EventT


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Number of records and hash of the last record (the genesis hash if the ledger is empty)."""

    count: int
    hash: str


def record_from(body: str, stored_hash: str) -> Record[Event]:
    """Parse a record. Raises ValueError if it is invalid."""
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
