"""Self-contained challenges with an expiry and a seal. They are not stored before use.

Format: 16 random bytes, expiry (8 bytes, big-endian milliseconds), HMAC-SHA256 of both (32 bytes).
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

_NONCE_LENGTH = 16
_PRUNE_EVERY = timedelta(minutes=1)
_LENGTH = _NONCE_LENGTH + 8 + 32


class Nonces:
    """Nonces used in this process, stored until their requests expire."""

    def __init__(self) -> None:
        self._expiries: dict[bytes, datetime] = {}
        self._pruned_at: datetime | None = None

    def use(self, nonce: bytes, now: datetime, until: datetime) -> bool:
        """Store a nonce until `until`. Returns False for a used or short nonce."""
        if self._pruned_at is None or abs(now - self._pruned_at) > _PRUNE_EVERY:
            self._pruned_at = now
            self._expiries = {used: expiry for used, expiry in self._expiries.items() if expiry >= now}
        if len(nonce) < _NONCE_LENGTH or nonce in self._expiries:
            return False
        self._expiries[nonce] = until
        return True


class Challenges:
    """Issues and verifies challenges.

    `seed`: a secret of the service. Processes with the same seed accept each other's challenges.
    """

    def __init__(self, seed: bytes, lifetime: timedelta) -> None:
        self._seal_key = hmac.digest(seed, b"uketsuke/1/challenge-seal", "sha256")
        self._lifetime = lifetime

    def issue(self, now: datetime) -> tuple[bytes, datetime]:
        """Return a new challenge and its expiry."""
        milliseconds = int((now + self._lifetime).timestamp() * 1000)
        content = secrets.token_bytes(_NONCE_LENGTH) + milliseconds.to_bytes(8, "big")
        return content + self._seal(content), datetime.fromtimestamp(milliseconds / 1000, UTC)

    def expiry(self, challenge: bytes) -> datetime | None:
        """Return the expiry of a challenge, or None if it was not issued with this seed."""
        content, seal = challenge[:-32], challenge[-32:]
        if len(challenge) != _LENGTH or not hmac.compare_digest(seal, self._seal(content)):
            return None
        return datetime.fromtimestamp(int.from_bytes(content[_NONCE_LENGTH:], "big") / 1000, UTC)

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self._seal_key, content, "sha256")
