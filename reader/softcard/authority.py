"""Test authority: a CA that issues certificates, and a municipality that signs card records.

It does not chain to a real authority, and its subject names contain "TEST".
"""

import json
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from config.files import private_folder, write_atomically
from reader.authenticity import (
    CV_BODY,
    CV_CERTIFICATE,
    CV_SIGNATURE,
    TrustAnchors,
    dump_trust_anchors,
    load_trust_anchors,
)
from reader.chip_key import CardPublicKey, encode_key_object
from reader.softcard.authority_file import FORMAT, NAME, read_authority_file
from reader.softcard.certificates import (
    CertificateHolder,
    key_usage,
    revocation_list,
    signature_certificate,
    user_certificate,
)
from reader.softcard.rsa import dump_key, generate, load_key, sign_message
from reader.tlv import encode, encode_list

_BITS = 2048
# long enough to issue cards that expired years ago
_CA_NOT_BEFORE = datetime(2015, 1, 1, tzinfo=UTC)
_CA_NOT_AFTER = datetime(2059, 12, 31, 14, 59, 59, tzinfo=UTC)
# 16-byte key ids: seven digits, 08 05, three digits, zero padding
_SURFACE_CA_ID = b"9900023\x08\x05001" + bytes(4)
_SURFACE_SIGNER_ID = b"9913101\x08\x05001" + bytes(4)
_TEXT_CA_ID = b"9900033\x08\x05001" + bytes(4)
_TEXT_SIGNER_ID = b"9913101\x08\x05002" + bytes(4)

_KEYS = ("user-ca", "signature-ca", "surface-cv-ca", "surface-signer", "text-cv-ca", "text-signer")


@dataclass(frozen=True, slots=True, repr=False)
class CertificateAuthority:
    certificate: x509.Certificate
    key: RSAPrivateKey

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")


@dataclass(frozen=True, slots=True, repr=False)
class RecordSigner:
    """Municipality's key for signing an application's records, with its CV certificate."""

    cv_certificate: bytes
    key: RSAPrivateKey

    def sign(self, data: bytes) -> bytes:
        """Sign with PKCS#1 v1.5 and SHA-256."""
        return self.key.sign(data, PKCS1v15(), SHA256())

    def sign_digest_info(self, digest_info: bytes) -> bytes:
        """Sign a complete DigestInfo with PKCS#1 v1.5, as required for the three groups of the face record."""
        return sign_message(self.key, digest_info)


@dataclass(frozen=True, slots=True, repr=False)
class TestAuthority:
    """Keys and certificates for issuing cards, and trust anchors for verifying them."""

    __test__ = False  # not a test class, despite its name

    user_ca: CertificateAuthority
    signature_ca: CertificateAuthority
    surface: RecordSigner
    text: RecordSigner
    trust_anchors: TrustAnchors
    trust_anchors_file: Path | None = field(default=None)

    @classmethod
    def create(cls) -> Self:
        """Create an authority in memory. Generating its six keys takes about 0.5 s."""
        return cls._build({name: generate(_BITS) for name in _KEYS}, None)

    @classmethod
    def load_or_create(cls, folder: Path) -> Self:
        """Load the authority from `folder`, or create it with files of mode 0600.

        Raises `ValueError` if the folder exists but contains no test authority.
        """
        if read_authority_file(folder) is None:
            _create_folder(folder)
        content = read_authority_file(folder)
        if content is None:
            raise ValueError(f"{folder} exists but contains no readable test authority")
        keys = {name: load_key(bytes.fromhex(content["keys"][name])) for name in _KEYS}
        certificates = {name: bytes.fromhex(content["certificates"][name]) for name in ("user-ca", "signature-ca")}
        return cls._build(keys, folder / "trust-anchors.json", certificates)

    @classmethod
    def _build(
        cls, keys: dict[str, RSAPrivateKey], anchors_file: Path | None, certificates: dict[str, bytes] | None = None
    ) -> Self:
        def authority(name: str, purpose: str) -> CertificateAuthority:
            if certificates is None:
                certificate = _ca_certificate(keys[name], purpose)
            else:
                certificate = x509.load_der_x509_certificate(certificates[name])
            return CertificateAuthority(certificate, keys[name])

        def signer(ca: str, ca_id: bytes, name: str, subject_id: bytes) -> RecordSigner:
            return RecordSigner(_cv_certificate(keys[ca], ca_id, keys[name].public_key(), subject_id), keys[name])

        if anchors_file is None:
            anchors = TrustAnchors(
                {
                    _SURFACE_CA_ID: keys["surface-cv-ca"].public_key(),
                    _TEXT_CA_ID: keys["text-cv-ca"].public_key(),
                }
            )
        else:
            anchors = load_trust_anchors([anchors_file])
        return cls(
            user_ca=authority("user-ca", "user authentication"),
            signature_ca=authority("signature-ca", "digital signature"),
            surface=signer("surface-cv-ca", _SURFACE_CA_ID, "surface-signer", _SURFACE_SIGNER_ID),
            text=signer("text-cv-ca", _TEXT_CA_ID, "text-signer", _TEXT_SIGNER_ID),
            trust_anchors=anchors,
            trust_anchors_file=anchors_file,
        )

    def issue_user_certificate(self, key: CardPublicKey, not_before: datetime, not_after: datetime) -> bytes:
        """Issue a user-authentication certificate (DER), which contains neither name nor birth date."""
        return user_certificate(self.user_ca.certificate, self.user_ca.key, key, not_before, not_after)

    def revocation_list(
        self,
        certificates: Iterable[bytes],
        last_update: datetime = _CA_NOT_BEFORE,
        next_update: datetime = _CA_NOT_AFTER,
    ) -> str:
        """Return a CRL (PEM) for user-authentication certificates (DER).

        By default, it is valid for the same period as its CA, and the same certificates yield an identical list, which
        can be imported repeatedly.
        """
        return revocation_list(self.user_ca.certificate, self.user_ca.key, certificates, last_update, next_update)

    def issue_signature_certificate(
        self, key: CardPublicKey, not_before: datetime, not_after: datetime, *, holder: CertificateHolder
    ) -> bytes:
        """Issue a digital-signature certificate (DER), which contains the holder's details."""
        ca = self.signature_ca
        return signature_certificate(ca.certificate, ca.key, key, not_before, not_after, holder)


def _create_folder(folder: Path) -> None:
    """Create the folder atomically with a rename, so that concurrent processes use the same authority."""
    private_folder(folder.parent)
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    keys = {name: generate(_BITS) for name in _KEYS}
    authority = TestAuthority._build(keys, None)
    content = {
        "format": FORMAT,
        "keys": {name: dump_key(key).hex() for name, key in keys.items()},
        "certificates": {
            "user-ca": authority.user_ca.certificate_der.hex(),
            "signature-ca": authority.signature_ca.certificate_der.hex(),
        },
    }
    write_atomically(draft / NAME, json.dumps(content, indent=1).encode("ascii"))
    write_atomically(draft / "trust-anchors.json", dump_trust_anchors(authority.trust_anchors).encode("ascii"))
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)


def _ca_certificate(key: RSAPrivateKey, purpose: str) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "uketsuke TEST"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"Simulated JPKI for {purpose}"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_CA_NOT_BEFORE)
        .not_valid_after(_CA_NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _cv_certificate(ca: RSAPrivateKey, ca_id: bytes, subject: RSAPublicKey, subject_id: bytes) -> bytes:
    body = ca_id + subject_id + encode_key_object(subject)
    signature = ca.sign(body, PKCS1v15(), SHA256())
    return encode(CV_CERTIFICATE, encode_list([(CV_BODY, body), (CV_SIGNATURE, signature)]))
