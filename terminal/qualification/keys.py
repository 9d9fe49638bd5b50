"""Terminal and service keys, and the terminal's enrolment.

EC P-256, ECDSA with SHA-256, DER signatures. Private keys are PKCS#8 PEM files with mode 0600.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict

from config.files import create_atomically, write_atomically

_ECDSA = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """Private signing key. Its repr does not contain the key."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key

    @classmethod
    def generate(cls) -> Self:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Load the key, or create it with mode 0600. Concurrent processes get the same key.

        Raises ValueError if the file is not a P-256 key, and OSError if the folder is not writable.
        """
        if not path.exists():
            create_atomically(path, cls.generate()._pem())
        path.chmod(0o600)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError(f"{path.name} is not an EC P-256 key")
        return cls(key)

    def sign(self, statement: bytes) -> bytes:
        return self._private_key.sign(statement, _ECDSA)

    @property
    def public_pem(self) -> str:
        return (
            self._private_key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    def secret(self) -> bytes:
        """Return the private value (32 bytes), for deriving other keys from it."""
        return self._private_key.private_numbers().private_value.to_bytes(32, "big")

    def _pem(self) -> bytes:
        return self._private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def verify(public_pem: str, statement: bytes, signature: bytes) -> bool:
    """Return whether the signature is valid. False if `public_pem` is not a P-256 public key."""
    key = _public_key(public_pem)
    if key is None:
        return False
    try:
        key.verify(signature, statement, _ECDSA)
    except InvalidSignature:
        return False
    return True


def is_public_key(pem: str) -> bool:
    """Return whether `pem` is a P-256 public key."""
    return _public_key(pem) is not None


@lru_cache(maxsize=1024)
def _public_key(pem: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


def key_digest(public_pem: str) -> bytes:
    """Return the SHA-256 of the key's DER SubjectPublicKeyInfo. Raises ValueError if it is not a P-256 public key."""
    key = _public_key(public_pem)
    if key is None:
        raise ValueError("not an EC P-256 public key")
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).digest()


class Enrolment(BaseModel):
    """The terminal's enrolment: its id at the service, and the service's public key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terminal_id: str
    service_public_key: str
    """PEM."""
    simulated: bool = False

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Load the enrolment, or return None if the file does not exist. Raises ValueError for an invalid file."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return cls.model_validate_json(text)

    def save(self, path: Path) -> None:
        write_atomically(path, (self.model_dump_json(indent=2) + "\n").encode())


def terminal_key_path(state_dir: Path) -> Path:
    return state_dir / "terminal" / "key.pem"


def enrolment_path(state_dir: Path) -> Path:
    return state_dir / "terminal" / "enrolment.json"
