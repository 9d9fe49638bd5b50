"""The interface between terminal and qualification-check service, version 2: pydantic models, JSON over HTTP.

Binary values travel as standard base64. Times carry a zone. The service is ours (a stub): the real one's interface is
not public; its code values (`OQSCD...`) are, and they are used where they exist.

Every request has its own `NONCE_HEADER` (base64), and every answer, including a refusal, is signed by the service in
`SIGNATURE_HEADER` over `answer_statement(...)`: nonce, check id, the request as received, status and body. A request
without a body that only a known terminal may send has `TERMINAL_HEADER`, `TIME_HEADER` (ISO 8601) and, over
`request_statement(...)`, `SIGNATURE_HEADER`; it can be used once.
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
"""Request headers that the signature of the answer covers, an absent one as empty."""


class Purpose(StrEnum):
    RECEPTION = "reception"
    INQUIRY = "inquiry"
    """Is this card registered? Nothing may be submitted afterwards."""


class Challenge(Reply):
    """`POST /v2/challenges`: usable once, valid for minutes."""

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
    """An electronic prescription that can be dispensed. Which facts a real service gives is not public: inferred."""

    id: PrescriptionId
    issued_on: date
    institution: Annotated[str, Field(min_length=1, max_length=40)]
    """Name of the issuer as known to the patient."""


class CheckFacts(Model):
    """Facts that the terminal needs to continue. No name, no number."""

    registered: bool
    valid: bool
    """A qualification in force exists."""
    age: int
    """Years completed on the day of the check, Japan time."""
    birth_year: Annotated[int | None, Field(repr=False)] = None
    """Shown to a child's guardian, so that the cards of brothers and sisters are not mixed up; None: not told."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39...)."""
    has_specific_disease_certificate: bool
    may_share: bool
    """False for those whose data is never shared, and while the certificate is in grace."""
    standing: CertificateStanding
    subsidies: SubsidyStanding = SubsidyStanding.NONE
    """Whether to ask about them: only if they are usable. Never `refused`."""
    prescriptions: Annotated[tuple[WaitingPrescription, ...], Field(max_length=50, repr=False)] = ()
    """Sent to pharmacies only; the newest first."""


class CheckOpenedReply(Reply):
    outcome: Literal["opened"] = "opened"
    check_id: CheckId
    opened_at: AwareDatetime
    """By the service's clock."""
    facts: CheckFacts


class RegistrationReply(Reply):
    """`POST /v2/checks/{check_id}/registration`, signed in its headers by the terminal that opened the check."""

    outcome: Literal["registered"] = "registered"
    facts: CheckFacts


class ConsentAnswer(Model):
    """One item that was asked: 0 or 1, and when it was answered. A consent has a time; a refusal needs none."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None

    @model_validator(mode="after")
    def _consent_has_a_time(self) -> Self:
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent needs its time")
        return self


class PrescriptionForm(StrEnum):
    """OQSCD017."""

    ELECTRONIC = "1"
    PAPER = "2"


class Submission(Model):
    """`PUT /v2/checks/{check_id}/submission`, sent with the header `Idempotency-Key`.

    Not asked = absent from `answers`; asked and not confirmed = 0.
    """

    terminal_id: TerminalId
    decided_at: AwareDatetime
    answers: tuple[ConsentAnswer, ...]
    by_law: tuple[Item, ...] = ()
    """Provided by law without asking (only the high-cost limit); never a consent."""
    prescription_form: PrescriptionForm | None = None
    dispense: tuple[PrescriptionId, ...] | None = None
    """Prescriptions the patient wants dispensed today; None if that was not asked or is decided at the counter."""
    wording_sha256: Digest | None = None
    """`wording_digest(...)` of the questions as they were shown."""
    card_signature: Signature | None = None
    """By the key that opened the check - the card's JPKI key, or its chip key -, over `decision_statement(...)`. Sent
    while the reception lasts, and kept nowhere."""
    ledger_count: Annotated[int, Field(ge=0)]
    """Count and head of the ledger as of the record of this decision, so that a resend is the same body."""
    ledger_head: Annotated[str, Field(max_length=128)]
    signature: Signature
    """By the terminal's enrolled key, over `submission_statement(...)`."""

    @model_validator(mode="after")
    def _each_item_once(self) -> Self:
        items = [answer.item for answer in self.answers] + list(self.by_law)
        if len(items) != len(set(items)):
            raise ValueError("an item stands in the submission twice")
        if any(item is not Item.HIGH_COST_LIMIT for item in self.by_law):
            raise ValueError("only the high-cost limit is provided by law")
        return self


class Receipt(Reply):
    """The service has the submission. Signed by the service over `receipt_statement(...)`."""

    outcome: Literal["accepted"] = "accepted"
    check_id: CheckId
    accepted_at: AwareDatetime
    submission_digest: Digest
    """SHA-256 of the `submission_statement(...)` that was accepted."""
    ledger_count: int
    ledger_head: str
    card_signature: CardSignature | None = None
    """The service's verdict on the card's signature; None in receipts of version 1, signed as then."""
    signature: Signature


class OpenedOn(Model):
    """How many receptions a terminal opened on one day, Japan time."""

    day: date
    checks: Annotated[int, Field(ge=1)]


class Receipts(Reply):
    """`GET /v2/receipts?after=N`, signed in its headers: what the service has from this terminal, by ledger count.

    For an audit: a ledger with records cut off at the end lacks the last of them.
    """

    outcome: Literal["receipts"] = "receipts"
    receipts: tuple[Receipt, ...]
    """Those with a ledger count above `after`, ascending."""
    more: bool
    """Ask again, after the last one's count."""
    opened: tuple[OpenedOn, ...] = ()
    """Every check this terminal opened for a reception, submitted or not, counted by day. The same on every page."""


class KeyChange(Model):
    """`POST /v2/keys`: a new key for a terminal that was restored from a backup; the old one is revoked.

    May be repeated: once the new key is in force, only its signature counts.
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
    """By the new key, over the same."""


class KeyChanged(Reply):
    """Signed by the service over `key_changed_statement(...)`."""

    outcome: Literal["key-changed"] = "key-changed"
    terminal_id: TerminalId
    ended_key: Digest
    key: Digest
    changed_at: AwareDatetime
    signature: Signature


class Withdrawal(Model):
    """`POST /v2/checks/{check_id}/withdrawal`: ends consents that were given. May be repeated."""

    terminal_id: TerminalId
    withdrawn_at: AwareDatetime
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    signature: Signature
    """By the terminal's enrolled key, over `withdrawal_statement(...)`."""


class WithdrawalReceipt(Reply):
    """The service no longer gives these data. Signed by the service over `withdrawal_receipt_statement(...)`."""

    outcome: Literal["withdrawn"] = "withdrawn"
    check_id: CheckId
    accepted_at: AwareDatetime
    withdrawal_digest: Digest
    """SHA-256 of the `withdrawal_statement(...)` that was accepted."""
    signature: Signature


class StandingConsents(Reply):
    """`GET /v2/checks/{id}/consents`, signed in its headers by any enrolled terminal that knows the check's id."""

    outcome: Literal["standing"] = "standing"
    check_id: CheckId
    items: tuple[Item, ...]
    """Granted in this check and not withdrawn since. The result says how long each lasts."""


class LookUp(Confidential):
    """`POST /v2/lookups`: a check without a card, by what is printed on a 資格確認書. Returns a `QualificationResult`.

    Only the consent for the limit can be given this way, orally.
    """

    terminal_id: TerminalId
    institution_code: InstitutionCode
    search: InsuredSearch
    limit_consent: Literal[0, 1]
    """OQSCD001: the patient agreed, by word of mouth, to the limit being given."""
    confirmation_date: date | None = None
    """The day of care in question; None: the day of the check."""
    asked_at: AwareDatetime
    signature: Signature
    """By the terminal's enrolled key, over `lookup_statement(...)`."""


class ConsentOutcome(Model):
    """What the result holds for one item that was asked. A refusal has no times."""

    item: Item
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None
    available_time: AwareDatetime | None = None
    """Last moment the data may be fetched. The limit and the specific-disease certificate have none."""

    @model_validator(mode="after")
    def _times_only_with_consent(self) -> Self:
        if self.flag == 0 and (self.consent_time or self.available_time):
            raise ValueError("a refusal has no times")
        if self.flag == 1 and self.consent_time is None:
            raise ValueError("a consent needs its time")
        return self


class QualificationResult(Reply):
    """`GET /v2/checks/{check_id}/result`, signed in its headers: what the receipt computer is given.

    The same at every call until a consent is withdrawn.
    """

    outcome: Literal["result"] = "result"
    check_id: CheckId
    processed_at: AwareDatetime
    """When the decision was accepted, as in its receipt; of a look-up, when it was answered."""
    qualification_date: date
    institution_code: InstitutionCode
    reference_classification: Literal["1", "2"] = "1"
    """OQSCD002: by card, or by what is printed on a 資格確認書."""
    search: InsuredSearch | None = None
    """What was looked up, for a check without a card."""
    segment: Literal["1", "9"] = "1"
    """SegmentOfResult (OQSCD003): ended normally, or abnormally; then `error_code` and `error_message` say why."""
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
    """Provided without asking; not among `consents`."""
    withdrawn: tuple[Item, ...] = ()
    """Granted once, and withdrawn since: their flag is 0."""
    limit: LimitCertificate | None = None
    specific_diseases: tuple[SpecificDiseaseCertificate, ...] = ()
    subsidies: ProvidedSubsidies | None = None
    """None if the patient was not asked although there are some: the institution does not take part."""
