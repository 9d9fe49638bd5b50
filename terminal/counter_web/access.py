"""Page access control: a one-time code in the address is exchanged for a cookie that remains valid after a restart.

The code is in the URL fragment, which browsers do not send to servers. The page removes it from the history.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from config.files import load_or_create_key

CODE_SECONDS = 60.0
COOKIE_SECONDS = 30 * 24 * 3600


class Access:
    """Access control for one page and port. `clock` returns seconds since the epoch."""

    def __init__(
        self,
        key_file: Path,
        port: int,
        clock: Callable[[], float] = time.time,
        *,
        code_seconds: float = CODE_SECONDS,
    ) -> None:
        self.cookie_name = f"uketsuke-{port}"
        self._key = load_or_create_key(key_file)
        self._clock, self._code_seconds = clock, code_seconds
        self._codes: dict[str, float] = {}

    def new_code(self) -> str:
        """Return a code that opens the page once within `code_seconds`."""
        code = secrets.token_urlsafe(16)
        self._codes = {earlier: expires_at for earlier, expires_at in self._codes.items() if expires_at > self._clock()}
        self._codes[code] = self._clock() + self._code_seconds
        return code

    def exchange(self, code: str) -> str | None:
        """Return a cookie value for a valid code, or None if it is unknown, expired or used."""
        for valid, expires_at in list(self._codes.items()):
            if secrets.compare_digest(valid.encode(), code.encode()):
                del self._codes[valid]
                return self.new_cookie() if self._clock() < expires_at else None
        return None

    def new_cookie(self) -> str:
        expires_at = f"{int(self._clock()) + COOKIE_SECONDS}"
        return f"{expires_at}.{self._seal(expires_at)}"

    def accepts(self, cookie: str | None) -> bool:
        expires_at, _, seal = (cookie or "").partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(expires_at).encode()):
            return False
        return int(expires_at) > self._clock()

    def _seal(self, expires_at: str) -> str:
        return hmac.new(self._key, f"{self.cookie_name}|{expires_at}".encode(), hashlib.sha256).hexdigest()
