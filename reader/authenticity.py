"""Verification of the face record: three-group signature, CV certificate of the signing key, trust anchors.

The signature covers three digests: group 1 (birth date, sex, chip key), group 2 (name, address) and group 3 (photo).
The service can therefore verify a record without receiving the photo. Expiry date and security code are not signed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reader.chip_key import CardPublicKey, parse_key_object
from reader.face_record import BIRTH_DATE, CHIP_KEY, SEX, FaceRecord
from reader.facts import Authenticity
from reader.tlv import MalformedCardData, children, parse_list, parse_one

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CV_CERTIFICATE = 0x7F21
CV_BODY = 0x5F4E
CV_SIGNATURE = 0x5F37
KEY_ID_LENGTH = 16
TEST_ISSUER = b"99"
"""Prefix of the issuer key ids of simulated cards, which is not a prefecture number."""

ANCHORS_FORMAT = "uketsuke-trust-anchors/1"

# DigestInfo of SHA-256 with three digests in its OCTET STRING (96 bytes) instead of one as in RFC 8017
_THREE_GROUP_DIGEST_INFO = bytes.fromhex("3071300d060960864801650304020105000460")


@dataclass(frozen=True, slots=True, repr=False)
class CvCertificate:
    """Card-verifiable certificate. `issuer` and `subject` are 16-byte key ids."""

    issuer: bytes
    subject: bytes
    public_key: "RSAPublicKey"
    body: bytes
    """The signed bytes."""
    signature: bytes


class TrustAnchorError(ValueError):
    """A trust anchor file is unreadable or invalid. The message contains the path."""


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Public keys of trusted issuers by 16-byte key id."""

    keys: Mapping[bytes, "RSAPublicKey"]


def load_trust_anchors(paths: Iterable[Path]) -> TrustAnchors:
    """Read trust anchor files. Raises `TrustAnchorError`.

    Format: JSON, `{"format": "uketsuke-trust-anchors/1", "anchors": [{"key_id": <32 hex digits>, "public_key": <PEM
    SubjectPublicKeyInfo, RSA>}, ...]}`. Other members are ignored.
    """
    keys: dict[bytes, RSAPublicKey] = {}
    for path in paths:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != ANCHORS_FORMAT:
                raise TrustAnchorError(f"{path}: format is not {ANCHORS_FORMAT}")
            for anchor in content["anchors"]:
                key_id, key = _parse_anchor(anchor)
                keys[key_id] = key
        except OSError as error:
            raise TrustAnchorError(f"{path}: cannot be read ({error.strerror})") from None
        except (KeyError, TypeError, AttributeError):
            raise TrustAnchorError(f"{path}: a member is missing or has the wrong type") from None
        except TrustAnchorError:
            raise
        except ValueError as error:
            raise TrustAnchorError(f"{path}: {error}") from None
    return TrustAnchors(keys)


def _parse_anchor(anchor: Mapping[str, str]) -> tuple[bytes, "RSAPublicKey"]:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key_id = bytes.fromhex(anchor["key_id"])
    key = load_pem_public_key(anchor["public_key"].encode("ascii"))
    if len(key_id) != KEY_ID_LENGTH:
        raise ValueError(f"key_id is not {KEY_ID_LENGTH} bytes long")
    if not isinstance(key, RSAPublicKey):
        raise ValueError("public_key is not RSA")
    return key_id, key


def dump_trust_anchors(anchors: TrustAnchors) -> str:
    """Return the contents of a trust anchor file for `load_trust_anchors`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    entries = [
        {
            "key_id": key_id.hex(),
            "public_key": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii"),
        }
        for key_id, key in anchors.keys.items()
    ]
    return json.dumps({"format": ANCHORS_FORMAT, "anchors": entries}, indent=2) + "\n"


def parse_cv_certificate(data: bytes | bytearray) -> CvCertificate:
    """Parse `7F21 { 5F4E: issuer key id, subject key id, RSA key; 5F37: signature }`. Raises `MalformedCardData`."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    certificate = parse_one(data)
    if certificate.tag != CV_CERTIFICATE:
        raise MalformedCardData("not a CV certificate")
    objects = children(certificate, data)
    if [item.tag for item in objects] != [CV_BODY, CV_SIGNATURE]:
        raise MalformedCardData("CV certificate does not consist of body and signature")
    body, signature = (bytes(item.value) for item in objects)
    if len(body) < 2 * KEY_ID_LENGTH:
        raise MalformedCardData("CV certificate body is too short")
    key = parse_key_object(body[2 * KEY_ID_LENGTH :])
    if not isinstance(key, RSAPublicKey):
        raise MalformedCardData("CV certificate key is not RSA")
    return CvCertificate(
        issuer=body[:KEY_ID_LENGTH],
        subject=body[KEY_ID_LENGTH : 2 * KEY_ID_LENGTH],
        public_key=key,
        body=body,
        signature=signature,
    )


def is_from_test_authority(cv_certificate: bytes) -> bool:
    """Return whether a test authority issued the certificate, without checking whether it is trusted."""
    try:
        return parse_cv_certificate(cv_certificate).issuer.startswith(TEST_ISSUER)
    except MalformedCardData:
        return False


def check_face_record(record: FaceRecord, cv_certificate: bytes, anchors: TrustAnchors) -> Authenticity:
    """Verify a complete face record."""
    outcome = verify_record_proof(
        bytes(record.group_1),
        record.group_2_digest,
        record.group_3_digest,
        record.signature,
        cv_certificate,
        anchors,
    )
    return outcome if isinstance(outcome, Authenticity) else Authenticity.GENUINE


def verify_record_proof(
    group_1: bytes,
    group_2_digest: bytes,
    group_3_digest: bytes,
    record_signature: bytes,
    cv_certificate: bytes,
    anchors: TrustAnchors,
) -> "CardPublicKey | Authenticity":
    """Verify a record without its photo and name, as the service does.

    Returns the chip's public key, FORGED or UNVERIFIABLE. Malformed data is reported as FORGED, because issued cards do
    not contain any.
    """
    try:
        certificate = parse_cv_certificate(cv_certificate)
        chip_key = chip_key_from_group_1(group_1)
    except MalformedCardData:
        return Authenticity.FORGED
    anchor = anchors.keys.get(certificate.issuer)
    if anchor is None:
        return Authenticity.UNVERIFIABLE
    if not verify_chip_signature(anchor, certificate.body, certificate.signature):
        return Authenticity.FORGED
    if len(group_2_digest) != 32 or len(group_3_digest) != 32:
        return Authenticity.FORGED
    signed = three_group_digest_info(hashlib.sha256(group_1).digest(), group_2_digest, group_3_digest)
    if not _verify_pkcs1(certificate.public_key, signed, record_signature):
        return Authenticity.FORGED
    return chip_key


def verify_chip_signature(key: CardPublicKey, statement: bytes, signature: bytes) -> bool:
    """Verify a signature by `MyNumberCard.prove_chip` or `sign`: PKCS#1 v1.5 (SHA-256) or ECDSA (SHA-384, r and s)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384

    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, statement, PKCS1v15(), SHA256())
        else:
            half = (key.key_size + 7) // 8
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            key.verify(encode_dss_signature(r, s), statement, ECDSA(SHA384()))
            return len(signature) == 2 * half
    except InvalidSignature:
        return False
    return True


def three_group_digest_info(*digests: bytes) -> bytes:
    """Return the DigestInfo covered by the record signature, before padding."""
    return _THREE_GROUP_DIGEST_INFO + b"".join(digests)


def pad_pkcs1_type_1(message: bytes, length: int) -> bytes:
    """Apply EMSA-PKCS1-v1_5 padding (RFC 8017, 9.2) to a DigestInfo, up to `length` bytes."""
    fill = length - len(message) - 3
    if fill < 8:
        raise ValueError("message too long for the key")
    return b"\x00\x01" + b"\xff" * fill + b"\x00" + message


def _verify_pkcs1(key: "RSAPublicKey", message: bytes, signature: bytes) -> bool:
    # libraries do not support a DigestInfo with three digests in its OCTET STRING
    numbers = key.public_numbers()
    length = (key.key_size + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != length or value >= numbers.n:
        return False
    return pow(value, numbers.e, numbers.n).to_bytes(length, "big") == pad_pkcs1_type_1(message, length)


def chip_key_from_group_1(group_1: bytes) -> CardPublicKey:
    objects = parse_list(group_1)
    if [item.tag for item in objects] != [BIRTH_DATE, SEX, CHIP_KEY]:
        raise MalformedCardData("group 1 does not consist of birth date, sex and key")
    return parse_key_object(objects[2].value)
