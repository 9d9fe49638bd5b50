"""Challenges that carry their own expiry and seal, so that they need not be stored before they are used.

16 random bytes | expiry, 8 bytes big-endian milliseconds | HMAC-SHA256 over both, 32 bytes.
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

_NONCE = 16
_SWEEP_EVERY = timedelta(minutes=1)
_LENGTH = _NONCE + 8 + 32


class Nonces:
    """Nonces already used, kept while they could be used again. For this process only."""

    def __init__(self) -> None:
        self._until: dict[bytes, datetime] = {}
        self._swept: datetime | None = None

    def first_time(self, nonce: bytes, now: datetime, until: datetime) -> bool:
        if self._swept is None or abs(now - self._swept) > _SWEEP_EVERY:
            self._swept = now
            self._until = {one: end for one, end in self._until.items() if end >= now}
        if len(nonce) < _NONCE or nonce in self._until:
            return False
        self._until[nonce] = until
        return True


class Challenges:
    """`seed` is a secret of the service; processes with the same seed accept each other's challenges."""

    def __init__(self, seed: bytes, lifetime: timedelta) -> None:
        self._seal_key = hmac.digest(seed, b"uketsuke/1/challenge-seal", "sha256")
        self._lifetime = lifetime

    def issue(self, now: datetime) -> tuple[bytes, datetime]:
        """Return a new challenge and its expiry."""
        milliseconds = int((now + self._lifetime).timestamp() * 1000)
        sealed = secrets.token_bytes(_NONCE) + milliseconds.to_bytes(8, "big")
        return sealed + self._seal(sealed), datetime.fromtimestamp(milliseconds / 1000, UTC)

    def end_of(self, challenge: bytes) -> datetime | None:
        """Return the expiry of one of our challenges; None for any other bytes."""
        sealed, seal = challenge[:-32], challenge[-32:]
        if len(challenge) != _LENGTH or not hmac.compare_digest(seal, self._seal(sealed)):
            return None
        return datetime.fromtimestamp(int.from_bytes(sealed[_NONCE:], "big") / 1000, UTC)

    def _seal(self, sealed: bytes) -> bytes:
        return hmac.digest(self._seal_key, sealed, "sha256")
