"""RSA public keys as the card's own objects write them, and the hash by which the service knows a chip."""

import hashlib
from typing import TYPE_CHECKING

from reader.tlv import MalformedCardData, encode_list, parse_list

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_EXPONENT = 0x90
_MODULUS = 0x91


def parse_key_object(data: bytes | memoryview) -> "RSAPublicKey":
    """`90` exponent, `91` modulus (265 bytes for RSA-2048). Raises `MalformedCardData`."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    objects = parse_list(data)
    if [one.tag for one in objects] != [_EXPONENT, _MODULUS]:
        raise MalformedCardData("public key is not exponent and modulus")
    if len(objects[0].value) > 4:
        raise MalformedCardData("public exponent of a size no card has")
    exponent, modulus = (int.from_bytes(one.value, "big") for one in objects)
    if not 2048 <= modulus.bit_length() <= 4096:
        raise MalformedCardData("public key of a length no card has")
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise MalformedCardData("public key is no RSA key") from None


def encode_key_object(key: "RSAPublicKey") -> bytes:
    numbers = key.public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return encode_list([(_EXPONENT, numbers.e.to_bytes(3, "big")), (_MODULUS, modulus)])


def chip_key_der(key: "RSAPublicKey") -> bytes:
    """DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def chip_key_hash(der: bytes) -> str:
    """SHA-256 of the DER SubjectPublicKeyInfo, 64 hex digits."""
    return hashlib.sha256(der).hexdigest()
