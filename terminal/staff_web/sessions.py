"""Staff sessions: full access for a short time and call alerts for a working day."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from config.files import load_or_create_key

DAY_SECONDS = 12 * 3600
PROOF_SECONDS = 30.0


class Level(IntEnum):
    OUT = 0
    WATCHING = 1
    """Inactive past the timeout, or signed in before a restart. Receives calls, but cannot see the list."""
    ACTING = 2


class Sessions:
    """Store of sessions. `secret` is the password hash, so that a password change signs everyone out.

    Cookies are signed and remain valid after a restart as `WATCHING`. Acting sessions are in memory only.
    """

    def __init__(
        self,
        key_file: Path,
        secret: str,
        idle_seconds: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = hashlib.sha256(load_or_create_key(key_file) + secret.encode()).digest()
        self._idle_seconds, self._clock = idle_seconds, clock
        self._acting: dict[str, float] = {}
        """Expiry times of acting sessions."""
        self._ended: dict[str, float] = {}
        """Signed-out sessions with the expiry times of their cookies."""
        self._proofs: dict[str, tuple[str, float]] = {}

    def begin(self) -> str:
        """Return the cookie of a new session."""
        now = self._clock()
        self._ended = {session: expires_at for session, expires_at in self._ended.items() if expires_at > now}
        self._acting = {session: expires_at for session, expires_at in self._acting.items() if expires_at > now}
        body = f"{int(now) + DAY_SECONDS}.{secrets.token_hex(16)}"
        self._acting[body] = now + self._idle_seconds
        return f"{body}.{self._sign(body)}"

    def level(self, cookie: str | None) -> Level:
        session = self._session(cookie)
        if not session:
            return Level.OUT
        return Level.ACTING if self._acting.get(session, 0.0) > self._clock() else Level.WATCHING

    def touch(self, cookie: str | None) -> None:
        """Extend an acting session after activity."""
        if self.level(cookie) is Level.ACTING:
            self._acting[self._session(cookie)] = self._clock() + self._idle_seconds

    def lock(self, cookie: str | None) -> None:
        """Change to watching. Call alerts continue."""
        self._acting.pop(self._session(cookie), None)

    def end(self, cookie: str | None) -> None:
        session = self._session(cookie)
        if session:
            self._acting.pop(session, None)
            self._ended[session] = float(session.partition(".")[0])

    def issue_proof(self, cookie: str | None) -> str:
        """Return a proof, valid for one decision, that the password was entered again."""
        proof = secrets.token_urlsafe(16)
        self._proofs[self._session(cookie)] = (proof, self._clock() + PROOF_SECONDS)
        return proof

    def use_proof(self, cookie: str | None, proof: str) -> bool:
        """Invalidate a proof and return whether it was valid."""
        expected, expires_at = self._proofs.pop(self._session(cookie), ("", 0.0))
        return (
            bool(expected) and secrets.compare_digest(expected.encode(), proof.encode()) and self._clock() < expires_at
        )

    def _session(self, cookie: str | None) -> str:
        """Return the session, or an empty string if the cookie is forged, expired or signed out."""
        body, _, signature = (cookie or "").rpartition(".")
        if not body or not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return ""
        expires_at = int(body.partition(".")[0])
        return body if expires_at > self._clock() and body not in self._ended else ""

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, f"staff|{body}".encode(), hashlib.sha256).hexdigest()
