"""The interface between terminal and qualification-check service, version 1: pydantic models, JSON over HTTP.

Binary values travel as standard base64. Times carry a zone. The service is ours (a stub): the real one's interface is
not public; its code values (`OQSCD...`) are, and they are used where they exist.
"""

import base64
import binascii
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

API_VERSION = "1"
PREFIX = "/v1"


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


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Way(StrEnum):
    """How the holder was confirmed."""

    PIN = "pin"
    FACE = "face"
    STAFF = "staff"


class Purpose(StrEnum):
    RECEPTION = "reception"
    INQUIRY = "inquiry"
    """Is this card registered? Nothing may be submitted afterwards."""


class Challenge(Model):
    """`POST /v1/challenges`"""

    challenge: Base64
    expires_at: AwareDatetime


class PinProof(Model):
    """The JPKI user-authentication key signed `pin_statement(challenge)` after VERIFY (RSA PKCS#1 v1.5, SHA-256)."""

    way: Literal[Way.PIN] = Way.PIN
    signature: Base64


class ChipProof(Model):
    """The face record is genuine, its chip key signed `chip_statement(...)`, and the terminal vouches for the verdict.

    The photo never leaves the terminal: group 1 of the record goes as it is, groups 2 and 3 as digests.
    """

    way: Literal[Way.FACE, Way.STAFF]
    group_1: Base64
    group_2_digest: Base64
    group_3_digest: Base64
    record_signature: Base64
    cv_certificate: Base64
    """EF 0004 of the surface application."""
    chip_signature: Base64
    verdict_signature: Base64
    """By the terminal's enrolled key, over `verdict_statement(...)` (ECDSA P-256, SHA-256)."""
    reason: str = ""
    """Why staff decided by eye; empty for the face way."""


class OpenCheck(Model):
    """`POST /v1/checks`"""

    terminal_id: str
    institution_code: Annotated[str, Field(pattern=r"^\d{10}$")]
    purpose: Purpose = Purpose.RECEPTION
    challenge: Base64
    certificate: Base64
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
    late_elderly: bool
    has_specific_disease_certificate: bool
    may_share: bool
    standing: CertificateStanding


class CheckOpened(Model):
    outcome: Literal["opened"] = "opened"
    check_id: str
    facts: CheckFacts
    simulated: bool


class RefusalReason(StrEnum):
    """Why the service does not open a check; each has its own next step on the screen."""

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
    UNKNOWN_TERMINAL = "unknown-terminal"
    BAD_VERDICT = "bad-verdict"
    CONFLICT = "conflict"
    """The same idempotency key with another body."""
    NO_SUCH_CHECK = "no-such-check"
    NOT_REGISTERED = "not-registered"
    NOT_ALLOWED = "not-allowed"


class Refused(Model):
    outcome: Literal["refused"] = "refused"
    reason: RefusalReason
    code: str
    """Simulated processing result code, `SIMQ....E`."""
    message: str
    """One Japanese sentence for the log and the receipt computer."""


class Registered(Model):
    """`POST /v1/checks/{check_id}/registration`"""

    outcome: Literal["registered"] = "registered"
    facts: CheckFacts


class ConsentAnswer(Model):
    """One item that was asked: 0 or 1, and when it was answered."""

    item: str
    """`consent.items.Item` value."""
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None


class PrescriptionForm(StrEnum):
    """OQSCD017."""

    ELECTRONIC = "1"
    PAPER = "2"


class Submission(Model):
    """`PUT /v1/checks/{check_id}/submission`, sent with the header `Idempotency-Key`.

    Not asked = absent from `answers`; asked and not confirmed = 0.
    """

    terminal_id: str
    decided_at: AwareDatetime
    answers: tuple[ConsentAnswer, ...]
    prescription_form: PrescriptionForm | None = None
    ledger_count: int
    ledger_head: str
    signature: Base64
    """By the terminal's enrolled key, over `submission_statement(...)`."""


class Receipt(Model):
    """The service has the submission. Signed by the service over `receipt_statement(...)`."""

    outcome: Literal["accepted"] = "accepted"
    check_id: str
    accepted_at: AwareDatetime
    ledger_count: int
    ledger_head: str
    signature: Base64


class Qualification(Model):
    """One `ResultOfQualificationConfirmation`: what the insurer's record says. Strings as in the interface."""

    insured_card_classification: str = "01"
    insurer_number: str
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
    name: str
    name_kana: str | None = None
    sex: str
    birth_date: date
    address: str | None = None
    post_number: str | None = None


class Limit(Model):
    """`LimitApplicationCertificateRelatedInfo`"""

    classification: str
    classification_flag: str
    valid_start_date: date
    valid_end_date: date


class SpecificDisease(Model):
    disease_category: str
    valid_start_date: date
    valid_end_date: date | None = None
    self_pay: str | None = None


class ConsentOutcome(Model):
    """What stands in the result for one item that was asked."""

    item: str
    flag: Literal[0, 1]
    consent_time: AwareDatetime | None = None
    available_time: AwareDatetime | None = None


class QualificationResult(Model):
    """`GET /v1/checks/{check_id}/result`: what the receipt computer is given."""

    check_id: str
    processed_at: AwareDatetime
    qualification_date: date
    institution_code: str
    status: Literal["1", "2"]
    """ProcessingResultStatus (OQSCD004)."""
    code: str | None = None
    message: str | None = None
    validity: Literal["1", "2", "3", "4", "5", "6"] | None
    """QualificationValidity (OQSCD006)."""
    prescription_form: PrescriptionForm | None = None
    qualifications: tuple[Qualification, ...] = ()
    consents: tuple[ConsentOutcome, ...] = ()
    limit: Limit | None = None
    specific_diseases: tuple[SpecificDisease, ...] = ()
    simulated: bool


OpenOutcome = Annotated[CheckOpened | Refused, Field(discriminator="outcome")]
RegistrationOutcome = Annotated[Registered | Refused, Field(discriminator="outcome")]
SubmissionOutcome = Annotated[Receipt | Refused, Field(discriminator="outcome")]
