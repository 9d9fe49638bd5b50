"""The interface between terminal and qualification-check service, version 2: pydantic models, JSON over HTTP.

Binary values are encoded as standard base64. Times have a zone. The service is this project's stub, because the
interface of the real one is not public. Its code values (`OQSCD...`) are public and are used where they exist.

Every request has a unique `NONCE_HEADER` (base64). Every answer, including a refusal, is signed by the service in
`SIGNATURE_HEADER` over `answer_statement(...)`: nonce, check id, the request as received, status and body. A request
without a body that only an enrolled terminal may send has the headers `TERMINAL_HEADER`, `TIME_HEADER` (ISO 8601) and
`SIGNATURE_HEADER` (over `request_statement(...)`); it can be used once.
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
from terminal.qualification.holder_proof import PhoneUser as PhoneUser
from terminal.qualification.holder_proof import PinProof as PinProof
from terminal.qualification.holder_proof import Way as Way
from terminal.qualification.insured import ElderlyRecipient as ElderlyRecipient
from terminal.qualification.insured import InsuredSearch as InsuredSearch
from terminal.qualification.insured import LimitCertificate as LimitCertificate
from terminal.qualification.insured import MedicalTicket as MedicalTicket
from terminal.qualification.insured import ProvidedSubsidies as ProvidedSubsidies
from terminal.qualification.insured import Qualification as Qualification
from terminal.qualification.insured import SpecificDiseaseCertificate as SpecificDiseaseCertificate
from terminal.qualification.insured import Subsidy as Subsidy
from terminal.qualification.insured import SubsidyStanding as SubsidyStanding
from terminal.qualification.refusal import NextStep as NextStep
from terminal.qualification.refusal import NoAnswer as NoAnswer
from terminal.qualification.refusal import RefusalReason as RefusalReason
from terminal.qualification.refusal import Refused as Refused
from terminal.qualification.refusal import Silence as Silence

API_VERSION = "2"
PREFIX = "/v2"
IDEMPOTENCY_HEADER = "Idempotency-Key"
SIMULATED_HEADER = "Uketsuke-Simulated"
TERMINAL_HEADER = "Uketsuke-Terminal"
SIGNATURE_HEADER = "Uketsuke-Signature"
NONCE_HEADER = "Uketsuke-Nonce"
TIME_HEADER = "Uketsuke-Time"
SIGNED_HEADERS = (IDEMPOTENCY_HEADER, TERMINAL_HEADER, TIME_HEADER, SIGNATURE_HEADER)
"""Request headers covered by the signature of the answer; a missing one counts as empty."""


class Purpose(StrEnum):
    RECEPTION = "reception"
    INQUIRY = "inquiry"
    """Only finds out whether the card is registered; submissions are refused."""


class Challenge(Reply):
    """`POST /v2/challenges`: can be used once, within minutes."""

    challenge: Annotated[Base64, Field(min_length=16, max_length=256)]
    expires_at: AwareDatetime
    now: AwareDatetime
    """The service's clock."""


class OpenCheckRequest(Confidential):
    """`POST /v2/checks`"""

    terminal_id: TerminalId
    institution_code: InstitutionCode
    purpose: Purpose = Purpose.RECEPTION
    challenge: Annotated[Base64, Field(max_length=256)]
    certificate: Annotated[Base64, Field(max_length=8192)]
    """The user-authentication certificate, DER."""
    proof: Annotated[PinProof | ChipProof | PhoneProof, Field(discriminator="way")]


class CertificateStanding(StrEnum):
    VALID = "valid"
    EXPIRING = "expiring"
    GRACE = "grace"


PrescriptionId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,40}$")]


class WaitingPrescription(Model):
    """An electronic prescription to dispense. The fields are inferred, because a real service's are not public."""

    id: PrescriptionId
    issued_on: date
    institution: Annotated[str, Field(min_length=1, max_length=40)]
    """Name of the issuer as known to the patient."""


class CheckFacts(Model):
    """Facts the terminal needs to continue, without names and numbers."""

    registered: bool
    valid: bool
    """Whether there is a qualification in force."""
    age: int
    """Age in years on the day of the check, Japan time."""
    birth_year: Annotated[int | None, Field(repr=False)] = None
    """Shown to a child's guardian, so that siblings' cards are not mixed up; None if not provided."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39...)."""
    has_specific_disease_certificate: bool
    may_share: bool
    """False for people whose data is never shared, and during the certificate's grace period."""
    standing: CertificateStanding
    subsidies: SubsidyStanding = SubsidyStanding.NONE
    """The patient is asked about subsidies only if they are `usable`. Never `refused`."""
    prescriptions: Annotated[tuple[WaitingPrescription, ...], Field(max_length=50, repr=False)] = ()
    """Newest first; sent only to pharmacies."""


class CheckOpenedReply(Reply):
    outcome: Literal["opened"] = "opened"
    check_id: CheckId
    opened_at: AwareDatetime
    """Service time."""
    facts: CheckFacts


class RegistrationReply(Reply):
    """`POST /v2/checks/{check_id}/registration`, with the headers signed by the terminal that opened the check."""

    outcome: Literal["registered"] = "registered"
    facts: CheckFacts


class ConsentAnswer(Model):
    """Answer to one item: 0 or 1. A consent has the time it was given; a refusal needs none."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None

    @model_validator(mode="after")
    def _consent_has_a_time(self) -> Self:
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent needs a time")
        return self


class PrescriptionForm(StrEnum):
    """OQSCD017."""

    ELECTRONIC = "1"
    PAPER = "2"


class Submission(Model):
    """`PUT /v2/checks/{check_id}/submission`, sent with the header `Idempotency-Key`.

    Items not asked are absent from `answers`; items asked but not confirmed are 0.
    """

    terminal_id: TerminalId
    decided_at: AwareDatetime
    answers: tuple[ConsentAnswer, ...]
    by_law: tuple[Item, ...] = ()
    """Provided by law without asking: only the high-cost limit. Not a consent."""
    prescription_form: PrescriptionForm | None = None
    dispense: tuple[PrescriptionId, ...] | None = None
    """Prescriptions the patient has chosen for today; None if not asked or decided at the counter."""
    wording_sha256: Digest | None = None
    """`wording_digest(...)` of the questions as shown."""
    card_signature: Signature | None = None
    """Over `decision_statement(...)`, by the key that opened the check: the card's JPKI key or its chip key. Sent only
    during the reception and never stored."""
    ledger_count: Annotated[int, Field(ge=0)]
    """Count and head of the ledger at the record of this decision, so that a repeated request has the same body."""
    ledger_head: Annotated[str, Field(max_length=128)]
    signature: Signature
    """By the terminal's enrolled key, over `submission_statement(...)`."""

    @model_validator(mode="after")
    def _each_item_once(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("the submission has an item twice")
        if any(item is not Item.HIGH_COST_LIMIT for item in self.by_law):
            raise ValueError("only the high-cost limit is provided by law")
        return self


class Receipt(Reply):
    """The service accepted the submission. Signed by the service over `receipt_statement(...)`."""

    outcome: Literal["accepted"] = "accepted"
    check_id: CheckId
    accepted_at: AwareDatetime
    submission_digest: Digest
    """SHA-256 of the accepted `submission_statement(...)`."""
    ledger_count: int
    ledger_head: str
    card_signature: CardSignature | None = None
    """The service's verdict on the card's signature; None in receipts of version 1, which are signed differently."""
    signature: Signature


class OpenedOn(Model):
    """Number of receptions a terminal opened on a day, Japan time."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Receipts(Reply):
    """`GET /v2/receipts?after=N`, with signed headers: what the service has from this terminal, by ledger count.

    For audits: they reveal records missing at the end of a ledger.
    """

    outcome: Literal["receipts"] = "receipts"
    receipts: tuple[Receipt, ...]
    """Receipts with a ledger count above `after`, ascending."""
    more: bool
    """Whether there are more; request them with the ledger count of the last one."""
    opened: tuple[OpenedOn, ...] = ()
    """Number of checks opened for receptions by day, submitted or not. The same on every page."""


class KeyChange(Model):
    """`POST /v2/keys`: replaces the key of a terminal restored from a backup, and revokes the old one.

    May be repeated. Once the new key is in force, only its signature is verified.
    """

    terminal_id: TerminalId
    public_key: Annotated[str, Field(max_length=1000)]
    """The new key, PEM."""
    ended_key: Digest
    """`key_digest` of the key to revoke."""
    asked_at: AwareDatetime
    signature: Signature
    """By the key to revoke, over `key_change_statement(...)`."""
    next_signature: Signature
    """By the new key, over the same statement."""


class KeyChanged(Reply):
    """Signed by the service over `key_changed_statement(...)`."""

    outcome: Literal["key-changed"] = "key-changed"
    terminal_id: TerminalId
    ended_key: Digest
    key: Digest
    changed_at: AwareDatetime
    signature: Signature


class Withdrawal(Model):
    """`POST /v2/checks/{check_id}/withdrawal`: withdraws consents. May be repeated."""

    terminal_id: TerminalId
    withdrawn_at: AwareDatetime
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    signature: Signature
    """By the terminal's enrolled key, over `withdrawal_statement(...)`."""


class WithdrawalReceipt(Reply):
    """The service no longer provides this data. Signed by the service over `withdrawal_receipt_statement(...)`."""

    outcome: Literal["withdrawn"] = "withdrawn"
    check_id: CheckId
    accepted_at: AwareDatetime
    withdrawal_digest: Digest
    """SHA-256 of the accepted `withdrawal_statement(...)`."""
    signature: Signature


class StandingConsents(Reply):
    """`GET /v2/checks/{id}/consents`, with the headers signed by any enrolled terminal that has the check's id."""

    outcome: Literal["standing"] = "standing"
    check_id: CheckId
    items: tuple[Item, ...]
    """Granted in this check and not withdrawn since. The result has the end of each."""


class LookUp(Confidential):
    """`POST /v2/lookups`: a check without a card, by the numbers on a 資格確認書. Returns a `QualificationResult`.

    Only the limit can be consented to in this way, orally.
    """

    terminal_id: TerminalId
    institution_code: InstitutionCode
    search: InsuredSearch
    limit_consent: Literal[0, 1]
    """OQSCD001: whether the patient orally agreed to provide the limit."""
    confirmation_date: date | None = None
    """Day of care; None means the day of the check."""
    asked_at: AwareDatetime
    signature: Signature
    """By the terminal's enrolled key, over `lookup_statement(...)`."""


class ConsentOutcome(Model):
    """Answer to one item in the result. A refusal has no times."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None
    available_time: AwareDatetime | None = None
    """End of the period in which the data may be fetched. The limit and the specific-disease certificate have none."""

    @model_validator(mode="after")
    def _times_only_with_consent(self) -> Self:
        if self.flag == 0 and (self.consent_time or self.available_time):
            raise ValueError("a refusal has no times")
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent needs a time")
        return self


class QualificationResult(Reply):
    """`GET /v2/checks/{check_id}/result`, with signed headers: the result for the receipt computer.

    It is the same at every call until a consent is withdrawn.
    """

    outcome: Literal["result"] = "result"
    check_id: CheckId
    processed_at: AwareDatetime
    """Time the decision was accepted, as in its receipt; for a look-up, time of the answer."""
    qualification_date: date
    institution_code: InstitutionCode
    reference_classification: Literal["1", "2"] = "1"
    """OQSCD002: by card, or by the numbers on a 資格確認書."""
    search: InsuredSearch | None = None
    """Search of a check without a card."""
    segment: Literal["1", "9"] = "1"
    """SegmentOfResult (OQSCD003): 1 for success; 9 for an error, with `error_code` and `error_message`."""
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
    """Provided without asking; not in `consents`."""
    withdrawn: tuple[Item, ...] = ()
    """Granted and later withdrawn; their flag is 0."""
    limit: LimitCertificate | None = None
    specific_diseases: tuple[SpecificDiseaseCertificate, ...] = ()
    subsidies: ProvidedSubsidies | None = None
    """None if the patient was not asked about existing subsidies, because the institution does not take part."""
