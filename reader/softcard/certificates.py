"""X.509 certificates with the structure of JPKI certificates, issued by a test organisation.

The user-authentication certificate contains no personal data. The signature certificate contains the holder's details
as otherNames. Policy OIDs are from the test arc.
"""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from reader.chip_key import CardPublicKey
from reader.tlv import encode

USER_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.0.30")
SIGNATURE_POLICY = x509.ObjectIdentifier("1.2.392.200149.8.5.1.0.20")
_HOLDER_NAME = x509.ObjectIdentifier("1.2.392.200149.8.5.5.1")
_HOLDER_SEX = x509.ObjectIdentifier("1.2.392.200149.8.5.5.3")
_HOLDER_BIRTH_DATE = x509.ObjectIdentifier("1.2.392.200149.8.5.5.4")
_HOLDER_ADDRESS = x509.ObjectIdentifier("1.2.392.200149.8.5.5.5")
_SUBJECT_ALPHABET = string.ascii_uppercase + string.digits
_CPS = "http://cps.test.invalid/cps.html"
_OCSP = "http://ocsp.test.invalid/"


@dataclass(frozen=True, slots=True, repr=False)
class CertificateHolder:
    """Holder's details in a signature certificate."""

    name: str
    address: str
    era_birth_date: str
    """Era digit (1 Meiji to 5 Reiwa) followed by the Gregorian `YYYYMMDD`."""
    sex: str
    """1 male, 2 female, 3 not known."""


def user_certificate(
    issuer: x509.Certificate, ca_key: RSAPrivateKey, key: CardPublicKey, not_before: datetime, not_after: datetime
) -> bytes:
    """Build a user-authentication certificate (DER)."""
    builder = _builder(issuer, ca_key, key, not_before, not_after, USER_POLICY)
    builder = builder.add_extension(key_usage(), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(ca_key, SHA256()).public_bytes(Encoding.DER)


def signature_certificate(
    issuer: x509.Certificate,
    ca_key: RSAPrivateKey,
    key: CardPublicKey,
    not_before: datetime,
    not_after: datetime,
    holder: CertificateHolder,
) -> bytes:
    """Build a digital-signature certificate (DER)."""
    names = x509.SubjectAlternativeName(
        [
            x509.OtherName(oid, _utf8(text))
            for oid, text in (
                (_HOLDER_NAME, holder.name),
                (_HOLDER_BIRTH_DATE, holder.era_birth_date),
                (_HOLDER_SEX, holder.sex),
                (_HOLDER_ADDRESS, holder.address),
            )
        ]
    )
    builder = _builder(issuer, ca_key, key, not_before, not_after, SIGNATURE_POLICY)
    builder = builder.add_extension(key_usage(content_commitment=True), critical=True)
    builder = builder.add_extension(names, critical=False)
    return builder.sign(ca_key, SHA256()).public_bytes(Encoding.DER)


def revocation_list(
    issuer: x509.Certificate,
    ca_key: RSAPrivateKey,
    certificates: Iterable[bytes],
    last_update: datetime,
    next_update: datetime,
) -> str:
    """Build a CRL (PEM) for the certificates (DER)."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
    builder = builder.last_update(last_update).next_update(next_update)
    for certificate in certificates:
        serial = x509.load_der_x509_certificate(certificate).serial_number
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(last_update).build()
        builder = builder.add_revoked_certificate(revoked)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    return builder.sign(ca_key, SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def key_usage(*, content_commitment: bool = False, sign_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    issuer: x509.Certificate,
    ca_key: RSAPrivateKey,
    key: CardPublicKey,
    not_before: datetime,
    not_after: datetime,
    policy: x509.ObjectIdentifier,
) -> x509.CertificateBuilder:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.COMMON_NAME, "".join(secrets.choice(_SUBJECT_ALPHABET) for _ in range(23))),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(1 + secrets.randbelow(0x7FFFFFFF))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.CertificatePolicies([x509.PolicyInformation(policy, [_CPS])]), critical=True)
        .add_extension(x509.IssuerAlternativeName([x509.DirectoryName(_issuer_in_japanese())]), critical=False)
        .add_extension(x509.CRLDistributionPoints([_crl_distribution_point()]), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(_OCSP))]
            ),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issuer_in_japanese() -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "模擬公的個人認証サービス"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "試験用認証局"),
        ]
    )


def _crl_distribution_point() -> x509.DistributionPoint:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "uketsuke TEST"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Test-shi CRLDP"),
        ]
    )
    return x509.DistributionPoint(
        full_name=[x509.DirectoryName(name)], relative_name=None, reasons=None, crl_issuer=None
    )


def _utf8(text: str) -> bytes:
    """Encode as a DER UTF8String."""
    return encode(0x0C, text.encode("utf-8"))
