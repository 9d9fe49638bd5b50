"""The interface between terminal and qualification-check service, version 1: pydantic models, JSON over HTTP.

Binary values travel as standard base64. Times carry a zone. The service is ours (a stub): the real one's interface is
not public; its code values (`OQSCD...`) are, and they are used where they exist.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from consent.items import Item

API_VERSION = "1"
PREFIX = "/v1"
IDEMPOTENCY_HEADER = "Idempotency-Key"
SIMULATED_HEADER = "Uketsuke-Simulated"
CHECK_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"


def _from_base64(value: object) -> object:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
    return value


Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode("ascii"), return_type=str, when_used="json"),
]
"""Bytes in Python, a base64 string in JSON."""

TerminalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,40}$")]
InstitutionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
CheckId = Annotated[str, StringConstraints(pattern=CHECK_ID_PATTERN)]
Digest = Annotated[Base64, Field(min_length=32, max_length=32)]
"""SHA-256."""
Signature = Annotated[Base64, Field(min_length=1, max_length=1024)]


class Model(BaseModel):
    # hide_input: a validation error that reaches a log must not carry a name.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)


class Confidential(Model):
    """Holds a person's data or signatures: its repr shows no value."""

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return []


class Reply(Model):
    """Whatever the service answers says whether it is simulated."""

    simulated: bool = False


# --- what the client says when nothing usable came -----------------------------------------------------------


class Silence(StrEnum):
    NO_CONNECTION = "no-connection"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken-off"
    """The connection ended before the answer did."""
    SERVER_ERROR = "server-error"
    NOT_UNDERSTOOD = "not-understood"
    NOT_VERIFIED = "not-verified"
    """The answer is not signed by the enrolled service, or belongs to something else."""


@dataclass(frozen=True, slots=True)
class ServiceSilent:
    """No usable answer. Whether the service acted is unknown, so only idempotent calls may be repeated."""

    reason: Silence


# --- models --------------------------------------------------------------------------------------------------


class Way(StrEnum):
    """How the holder was confirmed."""

    PIN = "pin"
    FACE = "face"
    STAFF = "staff"


class Purpose(StrEnum):
    RECEPTION = "reception"
    INQUIRY = "inquiry"
    """Is this card registered? Nothing may be submitted afterwards."""


class Challenge(Reply):
    """`POST /v1/challenges`: serves once, lives minutes."""

    challenge: Annotated[Base64, Field(min_length=16, max_length=256)]
    expires_at: AwareDatetime


class PinProof(Confidential):
    """The JPKI user-authentication key signed `pin_statement(challenge)` after VERIFY (RSA PKCS#1 v1.5, SHA-256)."""

    way: Literal[Way.PIN] = Way.PIN
    signature: Signature


class ChipProof(Confidential):
    """The face record is genuine, its chip key signed `chip_statement(...)`, and the terminal vouches for the verdict.

    The photo never leaves the terminal: group 1 of the record goes as it is, groups 2 and 3 as digests.
    """

    way: Literal[Way.FACE, Way.STAFF]
    group_1: Annotated[Base64, Field(max_length=2048)]
    """Birth date, sex and chip key of EF 0002, each object with its header."""
    group_2_digest: Digest
    group_3_digest: Digest
    record_signature: Signature
    cv_certificate: Annotated[Base64, Field(max_length=2048)]
    """EF 0004 of the surface application."""
    chip_signature: Signature
    verdict_signature: Signature
    """By the terminal's enrolled key, over `verdict_statement(...)` (ECDSA P-256, SHA-256)."""
    reason: Annotated[str, Field(max_length=200)] = ""
    """Why staff decided by eye; empty for the face way."""


class OpenCheck(Confidential):
    """`POST /v1/checks`"""

    terminal_id: TerminalId
    institution_code: InstitutionCode
    purpose: Purpose = Purpose.RECEPTION
    challenge: Annotated[Base64, Field(max_length=256)]
    certificate: Annotated[Base64, Field(max_length=8192)]
    """The user-authentication certificate, DER."""
    proof: Annotated[PinProof | ChipProof, Field(discriminator="way")]


class CertificateStanding(StrEnum):
    VALID = "valid"
    EXPIRING = "expiring"
    GRACE = "grace"


class CheckFacts(Model):
    """What the terminal needs to know to go on. No name, no number."""

    registered: bool
    valid: bool
    """A qualification in force exists."""
    age: int
    """Years completed on the day of the check, Japan time."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39...)."""
    has_specific_disease_certificate: bool
    may_share: bool
    """False for those whose data is never shared, and while the certificate is in grace."""
    standing: CertificateStanding


class CheckOpened(Reply):
    outcome: Literal["opened"] = "opened"
    check_id: CheckId
    facts: CheckFacts


class RefusalReason(StrEnum):
    """Why the service refuses; each has its own next step on the screen."""

    BAD_CHALLENGE = "bad-challenge"
    BAD_SIGNATURE = "bad-signature"
    UNTRUSTED_CERTIFICATE = "untrusted-certificate"
    CERTIFICATE_EXPIRED = "certificate-expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    UNKNOWN_HOLDER = "unknown-holder"
    FORGED_RECORD = "forged-record"
    MIXED_CARD = "mixed-card"
    """The chip key is not the one issued with this certificate."""
    UNKNOWN_CHIP = "unknown-chip"
    """The service does not know which chip key belongs to this certificate: only the PIN proves the holder."""
    UNKNOWN_TERMINAL = "unknown-terminal"
    BAD_VERDICT = "bad-verdict"
    CONFLICT = "conflict"
    """The same idempotency key with another body, or a second submission for the check."""
    NO_SUCH_CHECK = "no-such-check"
    """Unknown, or opened too long ago."""
    NOT_SUBMITTED = "not-submitted"
    """There is no result before a submission."""
    NOT_REGISTERED = "not-registered"
    NOT_ALLOWED = "not-allowed"
    """Sharing by someone who may not share, submission after an inquiry, registration during grace."""
    MALFORMED = "malformed"
    """The request does not follow this contract: terminal and service differ in version, or a defect."""


class Refused(Reply):
    outcome: Literal["refused"] = "refused"
    reason: RefusalReason
    code: str
    """Simulated processing result code, `SIMQ....E`."""
    message: str
    """One Japanese sentence for the log and the receipt computer."""


class Registered(Reply):
    """`POST /v1/checks/{check_id}/registration`"""

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
    """`PUT /v1/checks/{check_id}/submission`, sent with the header `Idempotency-Key`.

    Not asked = absent from `answers`; asked and not confirmed = 0.
    """

    terminal_id: TerminalId
    decided_at: AwareDatetime
    answers: tuple[ConsentAnswer, ...]
    by_law: tuple[Item, ...] = ()
    """Provided without asking because the law says so (the high-cost limit alone); never a consent."""
    prescription_form: PrescriptionForm | None = None
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
    signature: Signature


class Qualification(Confidential):
    """One `ResultOfQualificationConfirmation`: what the insurer's record says. Strings as in the interface."""

    insured_card_classification: str = "01"
    insurer_number: Annotated[str, Field(pattern=r"^[0-9]{1,8}$")]
    insured_card_symbol: str | None = None
    insured_identification_number: str | None = None
    insured_branch_number: str | None = None
    personal_family_classification: str | None = None
    insured_name: str | None = None
    insurer_name: str | None = None
    qualification_date: date | None = None
    disqualification_date: date | None = None
    reason_of_loss: str | None = None
    card_valid_date: date | None = None
    insured_partial_contribution_ratio: str | None = None
    """Percent in three digits, 後期高齢者 alone."""
    preschool_classification: str | None = None
    name: str
    """Family and given name separated by a full-width space."""
    name_kana: str | None = None
    """Half-width katakana."""
    sex: str
    birth_date: date
    address: str | None = None
    post_number: str | None = None
    elderly_recipient: "ElderlyRecipient | None" = None


class ElderlyRecipient(Confidential):
    """`ElderlyRecipientCertificateInfo`, 70 to 74."""

    valid_start_date: date
    valid_end_date: date
    contribution_ratio: str


class Limit(Confidential):
    """`LimitApplicationCertificateRelatedInfo`"""

    classification: str
    """OQSCD011."""
    classification_flag: str
    """OQSCD012."""
    valid_start_date: date
    valid_end_date: date


class SpecificDisease(Confidential):
    disease_category: str
    """OQSCD013."""
    valid_start_date: date
    valid_end_date: date | None = None
    self_pay: str | None = None


class ConsentOutcome(Model):
    """What stands in the result for one item that was asked. A refusal has no times."""

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
    """`GET /v1/checks/{check_id}/result`: what the receipt computer is given. The same at every call."""

    check_id: CheckId
    processed_at: AwareDatetime
    qualification_date: date
    institution_code: InstitutionCode
    status: Literal["1", "2"]
    """ProcessingResultStatus (OQSCD004)."""
    code: str | None = None
    message: str | None = None
    validity: Literal["1", "2", "3", "4", "5", "6"] | None
    """QualificationValidity (OQSCD006)."""
    prescription_form: PrescriptionForm | None = None
    qualifications: tuple[Qualification, ...] = ()
    consents: tuple[ConsentOutcome, ...] = ()
    by_law: tuple[Item, ...] = ()
    """Provided without asking; not among `consents`."""
    limit: Limit | None = None
    specific_diseases: tuple[SpecificDisease, ...] = ()


OpenOutcome = Annotated[CheckOpened | Refused, Field(discriminator="outcome")]
RegistrationOutcome = Annotated[Registered | Refused, Field(discriminator="outcome")]
SubmissionOutcome = Annotated[Receipt | Refused, Field(discriminator="outcome")]
