"""Verification of the proofs that a holder was confirmed.

PIN: the certificate's key signed the challenge. Face and staff: the face record is genuine, its chip key signed the
challenge, chip and certificate belong to the same card, and an enrolled terminal signed the verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from config.settings import GraceRule
from reader.authenticity import TrustAnchors, chip_key_from_group_1, verify_chip_signature, verify_record_proof
from reader.chip_key import chip_key_der
from reader.facts import Authenticity
from terminal.qualification.contract import (
    CardSignature,
    CertificateStatus,
    ChipProof,
    OpenCheckRequest,
    PhoneProof,
    PinProof,
    RefusalReason,
    Submission,
)
from terminal.qualification.grace import certificate_status
from terminal.qualification.keys import verify
from terminal.qualification.statements import (
    chip_statement,
    decision_statement,
    phone_statement,
    pin_statement,
    verdict_statement,
)
from terminal.simulated.service.registry import CardEntry, TrustAnchor

USER_AUTHENTICATION_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
TEST_USER_AUTHENTICATION_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.0.30")


@dataclass(frozen=True, slots=True)
class CertificateRules:
    """Requirements for user-authentication certificates."""

    policies: frozenset[x509.ObjectIdentifier] = frozenset(
        {USER_AUTHENTICATION_POLICY, TEST_USER_AUTHENTICATION_POLICY}
    )
    grace: GraceRule = GraceRule.MONTH_END


def parse_certificate(der: bytes) -> x509.Certificate | None:
    """Return the certificate, or None for invalid data or a key that is not RSA."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return None
    return certificate if isinstance(key, RSAPublicKey) else None


def is_trusted(certificate: x509.Certificate, authorities: Iterable[str], rules: CertificateRules) -> bool:
    """Return whether one of the authorities (PEM) issued the certificate for user authentication and signing.

    The key of every authority is tried, because generations of the real authority have the same name.
    """
    return _is_for_user_authentication(certificate, rules) and any(issued_by(certificate, pem) for pem in authorities)


def standing_for(certificate: x509.Certificate, now: datetime, rules: CertificateRules) -> CertificateStatus | None:
    """Return the certificate's standing, or None if it is not valid."""
    if now < certificate.not_valid_before_utc:
        return None
    return certificate_status(certificate.not_valid_after_utc, now, rules.grace)


def check_pin_proof(certificate: x509.Certificate, challenge: bytes, proof: PinProof) -> RefusalReason | None:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and verify_chip_signature(key, pin_statement(challenge), proof.signature):
        return None
    return RefusalReason.BAD_SIGNATURE


def check_phone_proof(certificate: x509.Certificate, challenge: bytes, proof: PhoneProof) -> RefusalReason | None:
    key = certificate.public_key()
    statement = phone_statement(challenge, proof.user)
    if isinstance(key, RSAPublicKey) and verify_chip_signature(key, statement, proof.signature):
        return None
    return RefusalReason.BAD_SIGNATURE


def check_chip_proof(
    request: OpenCheckRequest,
    proof: ChipProof,
    card: CardEntry,
    terminal_key_pem: str,
    anchors: tuple[TrustAnchor, ...],
) -> RefusalReason | None:
    """Return the reason for a refusal, or None if record, chip, certificate and verdict are valid."""
    certificate_sha256 = sha256(request.certificate).digest()
    chip_key = verify_record_proof(
        proof.group_1,
        proof.group_2_digest,
        proof.group_3_digest,
        proof.record_signature,
        proof.cv_certificate,
        _anchors(anchors),
    )
    if chip_key is Authenticity.UNVERIFIABLE:
        return RefusalReason.UNKNOWN_CHIP
    if isinstance(chip_key, Authenticity):
        return RefusalReason.FORGED_RECORD
    statement = chip_statement(request.challenge, certificate_sha256)
    if not verify_chip_signature(chip_key, statement, proof.chip_signature):
        return RefusalReason.BAD_SIGNATURE
    if card.chip_key_sha256 is None:
        return RefusalReason.UNKNOWN_CHIP
    chip_key_sha256 = sha256(chip_key_der(chip_key))
    if chip_key_sha256.hexdigest() != card.chip_key_sha256:
        return RefusalReason.MIXED_CARD
    verdict = verdict_statement(
        challenge=request.challenge,
        way=proof.way,
        matched=True,
        chip_key_sha256=chip_key_sha256.digest(),
        certificate_sha256=certificate_sha256,
        terminal_id=request.terminal_id,
        reason=proof.reason,
    )
    return None if verify(terminal_key_pem, verdict, proof.verdict_signature) else RefusalReason.BAD_VERDICT


def opening_key(request: OpenCheckRequest) -> bytes:
    """Return the public key that opens a check, from certificate or chip, as DER SubjectPublicKeyInfo."""
    if isinstance(request.proof, ChipProof):
        return chip_key_der(chip_key_from_group_1(request.proof.group_1))
    certificate = parse_certificate(request.certificate)
    assert certificate is not None
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def verified_card_signature(key: bytes | None, check_id: str, submission: Submission) -> CardSignature:
    """Verify the card's signature on a decision. `key`: the key that opened the check."""
    if submission.card_signature is None:
        return CardSignature.ABSENT
    if key is None or submission.wording_sha256 is None:
        return CardSignature.INVALID
    statement = decision_statement(
        check_id=check_id,
        wording_sha256=submission.wording_sha256,
        answers=[(answer.item, answer.flag == 1) for answer in submission.answers],
    )
    public = load_der_public_key(key)
    assert isinstance(public, RSAPublicKey | EllipticCurvePublicKey)
    genuine = verify_chip_signature(public, statement, submission.card_signature)
    return CardSignature.VALID if genuine else CardSignature.INVALID


def _is_for_user_authentication(certificate: x509.Certificate, rules: CertificateRules) -> bool:
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return False
    return usage.digital_signature and any(policy.policy_identifier in rules.policies for policy in policies)


def issued_by(certificate: x509.Certificate, authority_pem: str) -> bool:
    """Return whether the authority issued the certificate. False if the authority's certificate is invalid."""
    try:
        certificate.verify_directly_issued_by(load_authority(authority_pem))
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return True


@lru_cache(maxsize=16)
def load_authority(pem: str) -> x509.Certificate:
    """Return the certificate. Raises `ValueError` if it is invalid."""
    return x509.load_pem_x509_certificate(pem.encode())


@lru_cache(maxsize=4)
def _anchors(anchors: tuple[TrustAnchor, ...]) -> TrustAnchors:
    keys: dict[bytes, RSAPublicKey] = {}
    for anchor in anchors:
        try:
            key = load_pem_public_key(anchor.public_key.encode())
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, RSAPublicKey):
            keys[bytes.fromhex(anchor.key_id)] = key
    return TrustAnchors(keys)
