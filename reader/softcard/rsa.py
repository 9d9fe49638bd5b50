"""The chip's RSA keys and signatures: PKCS#1 v1.5 over any DigestInfo."""

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from reader.authenticity import pad_pkcs1_type_1
from reader.profile import sha256_digest_info

_SHA256_PREFIX = sha256_digest_info(bytes(32))[:-32]


def generate(bits: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def sign_message(key: RSAPrivateKey, message: bytes) -> bytes:
    """Pad `message` and sign it without hashing. Raises `ValueError` if it is too long for the key."""
    if len(message) == len(_SHA256_PREFIX) + 32 and message.startswith(_SHA256_PREFIX):
        return key.sign(message[len(_SHA256_PREFIX) :], PKCS1v15(), Prehashed(SHA256()))
    length = (key.key_size + 7) // 8
    value = int.from_bytes(pad_pkcs1_type_1(message, length), "big")
    private = key.private_numbers()
    # Chinese remainder theorem (RFC 8017, 5.2.1)
    m1, m2 = pow(value, private.dmp1, private.p), pow(value, private.dmq1, private.q)
    return (m2 + (m1 - m2) * private.iqmp % private.p * private.q).to_bytes(length, "big")


def dump_key(key: RSAPrivateKey) -> bytes:
    """Return the key as DER PKCS#8."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_key(der: bytes) -> RSAPrivateKey:
    # skip validation, which takes 100 ms per key, because the keys are generated here
    key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key
