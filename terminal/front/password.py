"""Staff password: a buffer for typed characters and the check against the configured hash."""

import threading
from typing import Self

from msgspec import Struct

from config.settings import Settings
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.front.attempts import Attempts
from terminal.staff_password import effective_hash

MAX_LENGTH = 64
SCREEN = "screen"
"""Origin of passwords typed at the terminal itself."""


class SecretText:
    """Typed characters in a buffer that is never displayed and can be wiped."""

    def __init__(self) -> None:
        self._typed = bytearray(MAX_LENGTH)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"SecretText({self._length})"

    def push(self, character: str) -> None:
        """Append a printable ASCII character. Ignore other characters, or all if the buffer is full."""
        if len(character) == 1 and " " <= character <= "~" and self._length < MAX_LENGTH:
            self._typed[self._length] = ord(character)
            self._length += 1

    def pop(self) -> None:
        if self._length:
            self._length -= 1
            self._typed[self._length] = 0

    def take(self) -> bytearray:
        """Return the typed characters and wipe them here. The caller must overwrite the returned buffer."""
        characters = self._typed[: self._length]
        self.wipe()
        return characters

    def wipe(self) -> None:
        wipe_buffer(self._typed)
        self._length = 0


class PasswordCorrect(Struct, frozen=True):
    pass


class PasswordWrong(Struct, frozen=True):
    pass


class PasswordWait(Struct, frozen=True):
    """Refused for this many seconds after too many wrong passwords."""

    seconds: int


PasswordOutcome = PasswordCorrect | PasswordWrong | PasswordWait


class PasswordGate:
    """Password check, disabled without a hash. Attempts are counted separately for each origin."""

    def __init__(self, password_hash: str, attempts: Attempts | None = None) -> None:
        """`attempts` counts wrong passwords. The default stores them in memory only."""
        self._hash = password_hash
        self._attempts = attempts or Attempts()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the gate for a terminal with these settings."""
        return cls(effective_hash(settings), Attempts(settings.state_dir / "staff-attempts.json"))

    @property
    def enabled(self) -> bool:
        return bool(self._hash)

    def check(self, typed: bytearray, origin: str = SCREEN) -> PasswordOutcome:
        """Check the password and overwrite the buffer. Blocks for about 0.1 s."""
        try:
            with self._one_at_a_time:  # count concurrent attempts one by one
                seconds = self._attempts.wait(origin)
                if seconds > 0:
                    return PasswordWait(int(seconds) + 1)
                if self.enabled and self._matches(typed):
                    self._attempts.reset(origin)
                    return PasswordCorrect()
                seconds = self._attempts.count_wrong(origin)
                return PasswordWait(int(seconds)) if seconds > 0 else PasswordWrong()
        finally:
            wipe_buffer(typed)

    def _matches(self, typed: bytearray) -> bool:
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        try:
            return PasswordHasher().verify(self._hash, bytes(typed))
        except (Argon2Error, InvalidHashError):
            return False
