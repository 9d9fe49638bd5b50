"""Interface between the terminal and the qualification-check service, version 2: pydantic models, JSON over HTTP.

Binary values are standard base64. Times are timezone-aware. The service is this project's stub, because the interface
of the real service is not public. Its public code values (`OQSCD...`) are used where they exist.

Every request has a unique `NONCE_HEADER` (base64). Every answer, including a refusal, is signed by the service in
`SIGNATURE_HEADER` over `answer_statement(...)`: nonce, check id, request as received, status and body. Requests without
a body that are reserved for enrolled terminals have the headers `TERMINAL_HEADER`, `TIME_HEADER` (ISO 8601) and
`SIGNATURE_HEADER` (over `request_statement(...)`), and are accepted once.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from consent.items import Item
from consent.records import CardSignature as CardSignature
from terminal.qualification.base import CHECK_ID_PATTERN as CHECK_ID_PATTERN
from terminal.qualification.base import Base64 as Base64
from terminal.qualification.base import CheckId, Confidential, Digest, InstitutionCode, Reply, Signature
from terminal.qualification.base import Model as Model
from terminal.qualification.base import TerminalId as TerminalId
from terminal.qualification.holder_proof import ChipProof as ChipProof
from terminal.qualification.holder_proof import PhoneProof as PhoneProof
from terminal.qualification.holder_proof import PinProof as PinProof
from terminal.qualification.holder_proof import UserVerification as UserVerification
from terminal.qualification.holder_proof import Way as Way
from terminal.qualification.insured import ElderlyRecipient as ElderlyRecipient
from terminal.qualification.insured import InsuredSearch as InsuredSearch
from terminal.qualification.insured import LimitCertificate as LimitCertificate
from terminal.qualification.insured import MedicalTicket as MedicalTicket
from terminal.qualification.insured import ProvidedSubsidies as ProvidedSubsidies
from terminal.qualification.insured import Qualification as Qualification
from terminal.qualification.insured import SpecificDiseaseCertificate as SpecificDiseaseCertificate
from terminal.qualification.insured import Subsidy as Subsidy
from terminal.qualification.insured import SubsidyStatus as SubsidyStatus
from terminal.qualification.refusal import NextStep as NextStep
from terminal.qualification.refusal import NoAnswer as NoAnswer
from terminal.qualification.refusal import NoAnswerReason as NoAnswerReason
from terminal.qualification.refusal import RefusalReason as RefusalReason
from terminal.qualification.refusal import Refused as Refused

API_VERSION = "2"
PREFIX = "/v2"
IDEMPOTENCY_HEADER = "Idempotency-Key"
SIMULATED_HEADER = "Uketsuke-Simulated"
TERMINAL_HEADER = "Uketsuke-Terminal"
SIGNATURE_HEADER = "Uketsuke-Signature"
NONCE_HEADER = "Uketsuke-Nonce"
TIME_HEADER = "Uketsuke-Time"
SIGNED_HEADERS = (IDEMPOTENCY_HEADER, TERMINAL_HEADER, TIME_HEADER, SIGNATURE_HEADER)
"""Request headers covered by the answer's signature. Missing headers are signed as empty."""


class Purpose(StrEnum):
    RECEPTION = "reception"
    INQUIRY = "inquiry"
    """Only determine whether the card is registered. Submissions are refused."""


class Challenge(Reply):
    """`POST /v2/challenges`. Valid once, for a few minutes."""

    challenge: Annotated[Base64, Field(min_length=16, max_length=256)]
    expires_at: AwareDatetime
    now: AwareDatetime
    """The service's current time."""


class OpenCheckRequest(Confidential):
    """`POST /v2/checks`"""

    terminal_id: TerminalId
    institution_code: InstitutionCode
    purpose: Purpose = Purpose.RECEPTION
    challenge: Annotated[Base64, Field(max_length=256)]
    certificate: Annotated[Base64, Field(max_length=8192)]
    """User-authentication certificate, DER."""
    proof: Annotated[PinProof | ChipProof | PhoneProof, Field(discriminator="way")]


class CertificateStatus(StrEnum):
    VALID = "valid"
    EXPIRING = "expiring"
    GRACE = "grace"


PrescriptionId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class PendingPrescription(Model):
    """Electronic prescription to dispense. The fields are inferred, because the real ones are not public."""

    id: PrescriptionId
    issued_on: date
    institution: Annotated[str, Field(min_length=1, max_length=40)]
    """Name of the issuing institution, as known to the patient."""


class CheckFacts(Model):
    """Holder attributes that the terminal needs, without names and numbers."""

    registered: bool
    valid: bool
    """Whether the holder has an active qualification."""
    age: int
    """Age in years on the day of the check (Japan time)."""
    birth_year: Annotated[int | None, Field(repr=False)] = None
    """Shown to a child's guardian to distinguish siblings' cards; None if not provided."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39...)."""
    has_specific_disease_certificate: bool
    may_share: bool
    """False during the certificate's grace period, and for holders whose data is never shared."""
    standing: CertificateStatus
    subsidies: SubsidyStatus = SubsidyStatus.NONE
    """The terminal asks about subsidies only if they are `usable`. Never `refused`."""
    prescriptions: Annotated[tuple[PendingPrescription, ...], Field(max_length=50, repr=False)] = ()
    """Newest first. Sent to pharmacies only."""


class CheckOpenedReply(Reply):
    outcome: Literal["opened"] = "opened"
    check_id: CheckId
    opened_at: AwareDatetime
    """Service time."""
    facts: CheckFacts


class RegistrationReply(Reply):
    """`POST /v2/checks/{check_id}/registration`, with headers signed by the terminal that opened the check."""

    outcome: Literal["registered"] = "registered"
    facts: CheckFacts


class ConsentAnswer(Model):
    """Answer for one item: 0 or 1. A consent requires its time; a refusal does not."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None

    @model_validator(mode="after")
    def _consent_has_time(self) -> Self:
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent requires consent_time")
        return self


class PrescriptionForm(StrEnum):
    """OQSCD017."""

    ELECTRONIC = "1"
    PAPER = "2"


class Submission(Model):
    """`PUT /v2/checks/{check_id}/submission`, with the header `Idempotency-Key`.

    Items that were not asked about are absent from `answers`. Items asked about but not confirmed are 0.
    """

    terminal_id: TerminalId
    decided_at: AwareDatetime
    answers: tuple[ConsentAnswer, ...]
    by_law: tuple[Item, ...] = ()
    """Items provided by law without consent. Only the high-cost limit is allowed."""
    prescription_form: PrescriptionForm | None = None
    dispense: tuple[PrescriptionId, ...] | None = None
    """Prescriptions selected by the patient for today; None if not asked about, or decided at the counter."""
    wording_sha256: Digest | None = None
    """`wording_digest(...)` of the displayed questions."""
    card_signature: Signature | None = None
    """Signature over `decision_statement(...)` with the card key that opened the check (JPKI or chip key). Sent only
    during the reception and never stored."""
    ledger_count: Annotated[int, Field(ge=0)]
    """Ledger count and head at this decision. They give retries the same body."""
    ledger_head: Annotated[str, Field(max_length=128)]
    signature: Signature
    """Signature over `submission_statement(...)` with the terminal's enrolled key."""

    @model_validator(mode="after")
    def _items_are_unique(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("the submission contains a duplicate item")
        if any(item is not Item.HIGH_COST_LIMIT for item in self.by_law):
            raise ValueError("only the high-cost limit is provided by law")
        return self


class Receipt(Reply):
    """Receipt for an accepted submission. Signed by the service over `receipt_statement(...)`."""

    outcome: Literal["accepted"] = "accepted"
    check_id: CheckId
    accepted_at: AwareDatetime
    submission_digest: Digest
    """SHA-256 of the accepted `submission_statement(...)`."""
    ledger_count: int
    ledger_head: str
    card_signature: CardSignature | None = None
    """Verdict on the card's signature; None in version 1 receipts, which are signed differently."""
    signature: Signature


class DailyOpenings(Model):
    """Number of receptions that a terminal opened on one day (Japan time)."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Receipts(Reply):
    """`GET /v2/receipts?after=N`, with signed headers: this terminal's receipts, by ledger count.

    Used in audits to detect truncated ledgers.
    """

    outcome: Literal["receipts"] = "receipts"
    receipts: tuple[Receipt, ...]
    """Receipts with a ledger count above `after`, in ascending order."""
    more: bool
    """Whether there are more. To request them, set `after` to the last ledger count."""
    opened: tuple[DailyOpenings, ...] = ()
    """Number of checks opened for receptions, by day, submitted or not. Identical on every page."""


class KeyChange(Model):
    """`POST /v2/keys`: replace and revoke the key of a terminal restored from a backup.

    Idempotent. After the replacement, only the new key's signature is verified.
    """

    terminal_id: TerminalId
    public_key: Annotated[str, Field(max_length=1000)]
    """New key, PEM."""
    ended_key: Digest
    """`key_digest` of the key to revoke."""
    asked_at: AwareDatetime
    signature: Signature
    """Signature over `key_change_statement(...)` with the key to revoke."""
    next_signature: Signature
    """Signature over the same statement with the new key."""


class KeyChanged(Reply):
    """Confirmation of a key change. Signed by the service over `key_changed_statement(...)`."""

    outcome: Literal["key-changed"] = "key-changed"
    terminal_id: TerminalId
    ended_key: Digest
    key: Digest
    changed_at: AwareDatetime
    signature: Signature


class Withdrawal(Model):
    """`POST /v2/checks/{check_id}/withdrawal`: withdraw consents. Idempotent."""

    terminal_id: TerminalId
    withdrawn_at: AwareDatetime
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    signature: Signature
    """Signature over `withdrawal_statement(...)` with the terminal's enrolled key."""


class WithdrawalReceipt(Reply):
    """Confirmation that the data is no longer provided. Signed over `withdrawal_receipt_statement(...)`."""

    outcome: Literal["withdrawn"] = "withdrawn"
    check_id: CheckId
    accepted_at: AwareDatetime
    withdrawal_digest: Digest
    """SHA-256 of the accepted `withdrawal_statement(...)`."""
    signature: Signature


class ActiveConsents(Reply):
    """`GET /v2/checks/{id}/consents`, with headers signed by any enrolled terminal that knows the check id."""

    outcome: Literal["standing"] = "standing"
    check_id: CheckId
    items: tuple[Item, ...]
    """Items granted in this check and not withdrawn. The result contains the end of their validity."""


class LookupRequest(Confidential):
    """`POST /v2/lookups`: check without a card, by the numbers on a 資格確認書. Returns a `QualificationResult`.

    Only the limit can be granted, by oral consent.
    """

    terminal_id: TerminalId
    institution_code: InstitutionCode
    search: InsuredSearch
    limit_consent: Literal[0, 1]
    """OQSCD001: whether the patient consented orally to providing the limit."""
    confirmation_date: date | None = None
    """Day of care; None means the day of the check."""
    asked_at: AwareDatetime
    signature: Signature
    """Signature over `lookup_statement(...)` with the terminal's enrolled key."""


class ConsentOutcome(Model):
    """Answer for one item in the result. A refusal has no times."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None
    available_time: AwareDatetime | None = None
    """End of the period for fetching the data. The limit and the specific-disease certificate have none."""

    @model_validator(mode="after")
    def _times_only_with_consent(self) -> Self:
        if self.flag == 0 and (self.consent_time or self.available_time):
            raise ValueError("a refusal has no times")
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent requires consent_time")
        return self


class QualificationResult(Reply):
    """`GET /v2/checks/{check_id}/result`, with signed headers: result for the receipt computer.

    Repeated calls return the same result until a consent is withdrawn.
    """

    outcome: Literal["result"] = "result"
    check_id: CheckId
    processed_at: AwareDatetime
    """Time of acceptance, as in the receipt; for a look-up, time of the answer."""
    qualification_date: date
    institution_code: InstitutionCode
    reference_classification: Literal["1", "2"] = "1"
    """OQSCD002: by card, or by the numbers on a 資格確認書."""
    search: InsuredSearch | None = None
    """Search values for a check without a card."""
    segment: Literal["1", "9"] = "1"
    """SegmentOfResult (OQSCD003): 1 for success, 9 for an error with `error_code` and `error_message`."""
    error_code: str | None = None
    error_message: str | None = None
    status: Literal["1", "2"]
    """ProcessingResultStatus (OQSCD004)."""
    code: str | None = None
    message: str | None = None
    validity: Literal["1", "2", "3", "4", "5", "6"] | None
    """QualificationValidity (OQSCD006)."""
    prescription_form: PrescriptionForm | None = None
    dispense: tuple[PrescriptionId, ...] | None = None
    qualifications: tuple[Qualification, ...] = ()
    consents: tuple[ConsentOutcome, ...] = ()
    by_law: tuple[Item, ...] = ()
    """Items provided by law, which are not in `consents`."""
    withdrawn: tuple[Item, ...] = ()
    """Items granted and later withdrawn. Their flag is 0."""
    limit: LimitCertificate | None = None
    specific_diseases: tuple[SpecificDiseaseCertificate, ...] = ()
    subsidies: ProvidedSubsidies | None = None
    """None if the institution does not accept subsidies and did not ask about existing ones."""
