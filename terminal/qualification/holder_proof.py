"""Methods of confirming the holder, and their proofs for the service. Part of the contract."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from consent.records import CardSignature as CardSignature
from terminal.qualification.base import CHECK_ID_PATTERN as CHECK_ID_PATTERN
from terminal.qualification.base import Base64 as Base64
from terminal.qualification.base import Confidential, Digest, Signature
from terminal.qualification.base import Model as Model
from terminal.qualification.base import TerminalId as TerminalId
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


class Way(StrEnum):
    """Method of confirming the holder."""

    PIN = "pin"
    FACE = "face"
    STAFF = "staff"
    PHONE = "phone"
    """Certificate on the holder's phone instead of the card."""


class PinProof(Confidential):
    """Signature of the JPKI user-authentication key over `pin_statement(challenge)` (RSA PKCS#1 v1.5, SHA-256)."""

    way: Literal[Way.PIN] = Way.PIN
    signature: Signature


class UserVerification(StrEnum):
    """Method by which a phone's user was verified."""

    PIN = "pin"
    """The certificate's four-digit PIN, entered at the terminal."""
    DEVICE = "device"
    """Verified on the phone."""


class PhoneProof(Confidential):
    """Signature of a phone's certificate key over `phone_statement(challenge, user)` (RSA PKCS#1 v1.5, SHA-256).

    Certificates on phones have no grace period.
    """

    way: Literal[Way.PHONE] = Way.PHONE
    user: UserVerification
    signature: Signature


class ChipProof(Confidential):
    """Proof of a genuine face record: the chip key's signature over `chip_statement(...)`, and the signed verdict.

    The photo is not sent: the proof contains group 1 of the record, but only the digests of groups 2 and 3.
    """

    way: Literal[Way.FACE, Way.STAFF]
    group_1: Annotated[Base64, Field(max_length=2048)]
    """Birth date, sex and chip key from EF 0002, each object with its header."""
    group_2_digest: Digest
    group_3_digest: Digest
    record_signature: Signature
    cv_certificate: Annotated[Base64, Field(max_length=2048)]
    """EF 0004 of the surface application."""
    chip_signature: Signature
    verdict_signature: Signature
    """Signature over `verdict_statement(...)` with the terminal's enrolled key (ECDSA P-256, SHA-256)."""
    reason: Annotated[str, Field(max_length=200)] = ""
    """Reason for staff's confirmation by eye; empty for a face match."""
