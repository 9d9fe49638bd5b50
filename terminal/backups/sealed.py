"""File encryption with a passphrase: scrypt for the key, AES-256-GCM for the content, in chunks.

The first line is the format, the second contains the parameters as JSON. Each chunk is authenticated together with
these lines, its position, and whether it is the last chunk (the STREAM construction). This detects modified, swapped,
missing and truncated chunks.
"""

import base64
import hmac
import json
import os
import unicodedata
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"uketsuke backup 1\n"
CHUNK_SIZE = 1 << 20
"""Plaintext bytes per chunk."""
_TAG = 16
_PREFIX = 7
_MAX_HEADER_SIZE = 4096
MIN_PASSPHRASE_LENGTH = 12


class SealError(ValueError):
    """The file cannot be decrypted. The message contains the reason and the next step."""


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt parameters. The defaults take 128 MB and about half a second."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1

    @property
    def is_acceptable(self) -> bool:
        """Whether the parameters are within limits. A crafted file could otherwise exhaust memory."""
        powers_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        return powers_of_two and self.n <= 1 << 20 and 1 <= self.r <= 16 and 1 <= self.p <= 4


@dataclass(frozen=True, slots=True)
class _Keys:
    content: AESGCM
    check: bytes
    """Check value that distinguishes a wrong passphrase from a damaged file."""


class Sealer:
    """Writer that encrypts to `file`. `close` writes the last chunk and does not close `file`."""

    def __init__(self, file: BinaryIO, passphrase: str, cost: Cost | None = None) -> None:
        cost, salt = cost or Cost(), os.urandom(16)
        keys = _keys(passphrase, salt, cost)
        self._file, self._aead = file, keys.content
        self._prefix = os.urandom(_PREFIX)
        header = {"kdf": "scrypt", **asdict(cost), "salt": _to_base64(salt), "check": _to_base64(keys.check)}
        header |= {"cipher": "AES-256-GCM", "piece": CHUNK_SIZE, "prefix": _to_base64(self._prefix)}
        line = MAGIC + json.dumps(header).encode() + b"\n"
        self._associated_data = sha256(line).digest()
        self._count, self._buffer = 0, bytearray()
        file.write(line)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > CHUNK_SIZE:
            self._seal_chunk(bytes(self._buffer[:CHUNK_SIZE]), last=False)
            del self._buffer[:CHUNK_SIZE]
        return len(data)

    def close(self) -> None:
        self._seal_chunk(bytes(self._buffer), last=True)
        self._buffer.clear()

    def _seal_chunk(self, plaintext: bytes, *, last: bool) -> None:
        self._file.write(
            self._aead.encrypt(_nonce(self._prefix, self._count, last=last), plaintext, self._associated_data)
        )
        self._count += 1


class Opener:
    """Reader for files written by `Sealer`. Raises SealError. Detects truncation at the end of the file."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        line, header = _header(file)
        try:
            cost = Cost(int(header["n"]), int(header["r"]), int(header["p"]))
            salt, check, self._prefix = (base64.b64decode(header[name]) for name in ("salt", "check", "prefix"))
            self._size = int(header["piece"])
        except (KeyError, TypeError, ValueError):
            raise SealError("not a backup, or written by a newer version.") from None
        if not cost.is_acceptable or not 0 < self._size <= CHUNK_SIZE or len(self._prefix) != _PREFIX:
            raise SealError("not a backup, or written by a newer version.")
        keys = _keys(passphrase, salt, cost)
        if not hmac.compare_digest(keys.check, check):
            raise SealError("wrong passphrase. Nothing was changed. Try again.")
        self._file, self._aead = file, keys.content
        self._associated_data = sha256(line).digest()
        self._count, self._ready, self._ended = 0, bytearray(), False
        self._next = file.read(self._size + _TAG)

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._ready) < size):
            self._ready += self._open_chunk()
        data = bytes(self._ready if size < 0 else self._ready[:size])
        del self._ready[: len(data)]
        return data

    def finish(self) -> None:
        """Read to the end to detect truncation."""
        while not self._ended:
            self._open_chunk()

    def _open_chunk(self) -> bytes:
        chunk, self._next = self._next, self._file.read(self._size + _TAG)
        last = not self._next
        try:
            plaintext = self._aead.decrypt(_nonce(self._prefix, self._count, last=last), chunk, self._associated_data)
        except InvalidTag:
            raise SealError("damaged or truncated file. Use a different copy of the backup.") from None
        self._count, self._ended = self._count + 1, last
        return plaintext


def _header(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    if file.read(len(MAGIC)) != MAGIC:
        raise SealError("not a uketsuke backup.")
    line = file.readline(_MAX_HEADER_SIZE)
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not line.endswith(b"\n") or not isinstance(header, dict):
        raise SealError("damaged or truncated file. Use a different copy of the backup.")
    return MAGIC + line, header


def _keys(passphrase: str, salt: bytes, cost: Cost) -> _Keys:
    # other systems may encode the same characters as different code points
    secret = unicodedata.normalize("NFC", passphrase).encode()
    derived = Scrypt(salt=salt, length=64, n=cost.n, r=cost.r, p=cost.p).derive(secret)
    return _Keys(AESGCM(derived[:32]), sha256(derived[32:]).digest())


def _nonce(prefix: bytes, count: int, *, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
