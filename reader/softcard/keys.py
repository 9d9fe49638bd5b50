"""The chip's private keys: RSA-2048, or P-384 in the announced generation."""

from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from reader.profile import Algorithm, sha256_digest_info
from reader.softcard.rsa import generate as generate_rsa
from reader.softcard.rsa import sign_message

CardPrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey

_HASHED_BY_CARD = (0x01, 0x03, 0x05)
_TAKES_DIGEST = (0x02, 0x04)
_PSS = (0x04, 0x05)
VARIANTS = range(0x06)
"""P1 of COMPUTE DIGITAL SIGNATURE: `00` signs the data unchanged; `01`, `03` and `05` hash it first; `02` and `04` take
a digest; `02` and `03` add the DigestInfo; `04` and `05` use PSS."""


def generate(algorithm: Algorithm) -> CardPrivateKey:
    return generate_rsa(2048) if algorithm is Algorithm.RSA_2048_SHA_256 else generate_ec(SECP384R1())


def dump_key(key: CardPrivateKey) -> bytes:
    """Return the key as DER PKCS#8."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_card_key(der: bytes) -> CardPrivateKey:
    # skip validation, which takes 100 ms per RSA key, because the keys are generated here
    key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("not a card key")
    return key


def compute_signature(key: CardPrivateKey, variant: int, data: bytes) -> bytes:
    """Sign `data` with the given variant (P1). Raises `ValueError` for data of the wrong length."""
    if isinstance(key, EllipticCurvePrivateKey):
        return _sign_ec(key, variant, data)
    if variant in _HASHED_BY_CARD:
        data = _digest(SHA256(), data)
    elif variant in _TAKES_DIGEST and len(data) != 32:
        raise ValueError("not a SHA-256 digest")
    if variant in _PSS:
        return key.sign(data, PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), Prehashed(SHA256()))
    return sign_message(key, sha256_digest_info(data) if variant in (0x02, 0x03) else data)


def _sign_ec(key: EllipticCurvePrivateKey, variant: int, data: bytes) -> bytes:
    """Return r and s, 48 bytes each. The variants supported by the announced generation are not public."""
    if variant in _HASHED_BY_CARD:
        data = _digest(SHA384(), data)
    if len(data) != 48:
        raise ValueError("not a SHA-384 digest")
    r, s = decode_dss_signature(key.sign(data, ECDSA(Prehashed(SHA384()))))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def _digest(algorithm: HashAlgorithm, data: bytes) -> bytes:
    digest = Hash(algorithm)
    digest.update(data)
    return digest.finalize()
