"""Encoding and parsing of the card's public keys, and the key hash that identifies a chip to the service."""

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from reader.tlv import MalformedCardData, Tlv, encode, encode_list, parse_list

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

CardPublicKey: TypeAlias = "RSAPublicKey | EllipticCurvePublicKey"

_EXPONENT = 0x90
_MODULUS = 0x91
_POINT = 0x86
"""Tag from ISO/IEC 7816-8 for the announced card generation, whose layout is not public."""


def parse_key_object(data: bytes | memoryview) -> CardPublicKey:
    """Parse a public key. Raises `MalformedCardData`.

    RSA: `90` exponent, `91` modulus (265 bytes for RSA-2048). P-384: `86` uncompressed point.
    """
    objects = parse_list(data)
    tags = [item.tag for item in objects]
    if tags == [_POINT]:
        return _parse_point(objects[0])
    if tags != [_EXPONENT, _MODULUS]:
        raise MalformedCardData("public key does not consist of exponent and modulus")
    return _parse_rsa(objects)


def _parse_rsa(objects: list[Tlv]) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    if len(objects[0].value) > 4:
        raise MalformedCardData("public exponent is too long")
    exponent, modulus = (int.from_bytes(item.value, "big") for item in objects)
    if not 2048 <= modulus.bit_length() <= 4096:
        raise MalformedCardData("public key has an unsupported length")
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise MalformedCardData("public key is not a valid RSA key") from None


def _parse_point(point: Tlv) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey

    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP384R1(), bytes(point.value))
    except ValueError:
        raise MalformedCardData("public key is not a point on P-384") from None


def encode_key_object(key: CardPublicKey) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not isinstance(key, RSAPublicKey):
        return encode(_POINT, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    numbers = key.public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return encode_list([(_EXPONENT, numbers.e.to_bytes(3, "big")), (_MODULUS, modulus)])


def chip_key_der(key: CardPublicKey) -> bytes:
    """Return the key as DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def chip_key_hash(der: bytes) -> str:
    """Return the SHA-256 of a DER SubjectPublicKeyInfo, 64 hex digits."""
    return hashlib.sha256(der).hexdigest()
