"""Contents of the ledger: the events of a check, and the record of each as one line of canonical JSON.

No field takes a name, a number, a birth date or a biometric value: identifiers have a narrow form, reasons are codes,
and the only free text is the wording of a question, which comes from the message catalogues.
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
"""From the moment of consent to the last moment the institution may fetch (AvailableTime)."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""A reason as a short code, never a sentence."""
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 or HMAC-SHA-256, hexadecimal."""
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language of the screen ("ja", "ja-easy", "en", "zh-Hans"), in the form of a BCP 47 tag."""


class RecordBody(BaseModel):
    # an error text must not show what was refused: it may be personal data
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AskedQuestion(RecordBody):
    """A question this check may ask, as known when it opened."""

    question_id: Identifier
    items: tuple[Item, ...]

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(question_id=question.id, items=question.items)


class RecordedAnswer(RecordBody):
    """Who asked what in which words, and what was answered when."""

    item: Item
    granted: bool
    answered_at: AwareDatetime | None
    question_id: Identifier
    language: Language | None = None
    """Language of the wording; None if it is not known that the question was on the screen."""
    wording: Annotated[str, Field(max_length=300)] = ""
    """What was shown, from the message catalogue: the question; asked together, its topic on a second line; and in a
    language no native speaker has checked the same in Japanese. Never a text with the patient's data in it."""

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
    def _grant_has_its_moment(self) -> Self:
        if self.granted and (self.answered_at is None or self.language is None or not self.wording):
            raise ValueError("a consent needs its moment, its wording and the language it was asked in")
        return self


WITHOUT_CARD = "without-card"
"""`Opened.way` of a check based on a printed 資格確認書. It is asked and answered in one step: nothing is submitted."""


class Opened(RecordBody):
    """The service opened the check: the holder is known, and a result must follow."""

    kind: Literal["opened"] = "opened"
    check_id: Identifier
    reception_id: Identifier
    card: Hash
    """`consent.cards.card_hash` of the certificate's serial number."""
    profile: Profile
    way: Code
    """How the holder was confirmed: "pin", "face", "face-and-pin", "staff"; or `WITHOUT_CARD`."""
    questions: tuple[AskedQuestion, ...] = ()
    """What may be asked. After a crash each of their items is decided 0."""
    by_law: tuple[Item, ...] = ()
    service_at: AwareDatetime | None = None
    """When the check was opened by the service's clock; None in records of version 0.1."""


class Cause(StrEnum):
    """What led to the decision."""

    ANSWERED = "answered"
    NOTHING_ASKED = "nothing-asked"
    CARD_REMOVED = "card-removed"
    READER_LOST = "reader-lost"
    """The reader was unplugged; the card is where it was."""
    CANCELLED = "cancelled"
    WITHOUT_SHARING = "without-sharing"
    """The patient chose to check in without sharing: every yes of the reception counts as a no."""
    TIMED_OUT = "timed-out"
    UNSIGNED = "unsigned"
    """Nothing is granted: the card did not sign, and the institution requires that it does."""
    INTERRUPTED = "interrupted"
    """The terminal stopped between opening and decision; nothing is granted."""


_GRANTS_NOTHING = (Cause.INTERRUPTED, Cause.WITHOUT_SHARING, Cause.UNSIGNED)


class Decided(RecordBody):
    """Everything needed to submit, now or after a restart, without asking the patient again."""

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
    """Provided by law, without a consent."""
    prescription_form: Literal["1", "2"] | None = None
    """OQSCD017: electronic, paper."""
    dispense: tuple[Identifier, ...] | None = None
    """Prescriptions to dispense; None if it was not asked or is settled at the counter."""
    answered_by: AnsweredBy | None = None
    result_file: FileName
    """Stem of the result file's name, decided now so that a repetition writes no second file."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("an item is answered twice, or answered and provided by law")
        if self.cause in _GRANTS_NOTHING and any(answer.granted for answer in self.answers):
            raise ValueError("an interrupted reception, and one without sharing, grant nothing")
        return self

    @property
    def granted(self) -> frozenset[Item]:
        return frozenset(answer.item for answer in self.answers if answer.granted)

    @property
    def sendable_until(self) -> datetime:
        """When the first consent ends; 24 h after the decision if there is none."""
        moments = [answer.answered_at for answer in self.answers if answer.granted and answer.answered_at]
        return min(moments, default=self.decided_at) + CONSENT_LASTS


class CorrectedAnswer(RecordBody):
    """The moment of one consent by the service's clock."""

    item: Item
    answered_at: AwareDatetime


class TimeCorrected(RecordBody):
    """The terminal's clock was wrong at the decision: these moments are sent instead of those recorded then."""

    kind: Literal["time-corrected"] = "time-corrected"
    check_id: Identifier
    decided_at: AwareDatetime
    consents: tuple[CorrectedAnswer, ...] = ()
    """One for each item granted."""


class CardSignature(StrEnum):
    """What the service found of the card's signature over the decision."""

    VALID = "valid"
    ABSENT = "absent"
    INVALID = "invalid"


class SubmissionConfirmed(RecordBody):
    """The service has the submission: what its signed receipt says."""

    kind: Literal["confirmed"] = "confirmed"
    check_id: Identifier
    accepted_at: AwareDatetime
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """With `ledger_count`, the head the submission carried and the receipt returned."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's signature over the receipt, base64."""
    card_signature: CardSignature | None = None
    """As the receipt says; None for a receipt of version 0.1. The card's signature itself is never kept: two of one
    card would reveal its public key and tie visits together."""


class HandingOver(RecordBody):
    """The result file is written next to the receipt computer's folder and will be moved in."""

    kind: Literal["handing-over"] = "handing-over"
    check_id: Identifier
    file_name: FileName
    sha256: Hash
    folder: Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")] = ""
    """Mark of the folder it is written for, so that another folder mounted in its place is not mistaken for it."""


class Delivered(RecordBody):
    """The result file is in the receipt computer's folder, or was taken from there."""

    kind: Literal["delivered"] = "delivered"
    check_id: Identifier
    file_name: FileName
    sha256: Hash | None = None
    """Hash of the file; None in records of version 0.1."""


class HandOverDecided(RecordBody):
    """What staff decided about a waiting result: it cannot be handed over, or it is unknown whether it was."""

    kind: Literal["hand-over-decided"] = "hand-over-decided"
    check_id: Identifier
    decision: Literal["again", "closed"]
    """`again`: hand it over once more, also if the receipt computer had it. `closed`: do not; it is entered by hand."""


class NotOurs(RecordBody):
    """The service's result does not match what the ledger holds; it was not handed over."""

    kind: Literal["not-ours"] = "not-ours"
    check_id: Identifier
    reason: Code


class Expired(RecordBody):
    """The consent ended before the service confirmed; it is no longer sent."""

    kind: Literal["expired"] = "expired"
    check_id: Identifier


class Withdrawn(RecordBody):
    kind: Literal["withdrawn"] = "withdrawn"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]


class WithdrawalSettled(RecordBody):
    """Nothing is left to report to the service about a withdrawal."""

    kind: Literal["withdrawal-settled"] = "withdrawal-settled"
    check_id: Identifier
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    accepted_at: AwareDatetime | None = None
    """When the service accepted it; None if the consent had expired, or the service no longer knows the check."""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)] = ""
    """The service's signature, base64; empty if there is none."""


class Discarded(RecordBody):
    """Staff gave the reception up, or the service refused it permanently."""

    kind: Literal["discarded"] = "discarded"
    check_id: Identifier
    reason: Code


class LostOpenings(RecordBody):
    """Checks that the service opened on one day, Japan time, and that no record mentions."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Restored(RecordBody):
    """The ledger comes from a backup: what followed the record before this one is lost. Not a record of a check.

    The service revoked the previous key and signed that, so a gap cannot be faked.
    """

    kind: Literal["restored"] = "restored"
    check_id: Identifier
    """Id of the restore, not of a check."""
    backup_at: AwareDatetime
    lost: Annotated[int, Field(ge=0)]
    """Decisions that the service has and this ledger lost; a `lost` record of each follows."""
    opened: tuple[LostOpenings, ...] = ()
    """Checks without any record, submitted or not."""
    ended_key: Hash
    """SHA-256 of the public key that ended (DER SubjectPublicKeyInfo)."""
    key: Hash
    """SHA-256 of the public key that replaced it, in the same form."""
    changed_at: AwareDatetime
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's over `key_changed_statement(...)`, base64."""


class Lost(RecordBody):
    """The service has a decision of this check whose records were lost: what its signed receipt says of it."""

    kind: Literal["lost"] = "lost"
    check_id: Identifier
    accepted_at: AwareDatetime
    submission_sha256: Hash
    ledger_count: Annotated[int, Field(ge=1)]
    ledger_hash: Hash
    """With `ledger_count`, a head of the records that were lost."""
    card_signature: CardSignature | None = None
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1000)]
    """The service's over the receipt, base64."""


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
    """One link of the chain."""

    sequence: int
    """1 for the first."""
    at: datetime
    previous: str
    """Hash of the record before, or the genesis hash."""
    hash: str
    event: EventT


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """How many records there are, and the hash of the last one (of the genesis, for an empty ledger)."""

    count: int
    hash: str


def record_from(body: str, stored_hash: str) -> Record[Event]:
    """Parse one record. Raises ValueError for an invalid text."""
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
