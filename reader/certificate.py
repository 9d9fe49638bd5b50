"""Parsing of user-authentication certificates. Their validity is checked elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from reader.tlv import MalformedCardData

if TYPE_CHECKING:
    from cryptography.x509 import Extensions


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    serial: int = field(repr=False)
    """Serial number, which identifies a person's card. Never log it."""
    not_before: datetime
    not_after: datetime
    policies: tuple[str, ...]
    """Dotted OIDs; empty if the certificate has none."""


def parse_certificate(der: bytes) -> CertificateFacts:
    """Return the facts in a DER certificate (RFC 5280). Raises `MalformedCardData`."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate = x509.load_der_x509_certificate(der)
        return CertificateFacts(
            serial=certificate.serial_number,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            policies=_policies(certificate.extensions),
        )
    except (
        ValueError,
        TypeError,
        OverflowError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        raise MalformedCardData("certificate is not valid X.509") from None


def _policies(extensions: "Extensions") -> tuple[str, ...]:
    from cryptography import x509

    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies)
    except x509.ExtensionNotFound:
        return ()
    return tuple(policy.policy_identifier.dotted_string for policy in policies.value)
