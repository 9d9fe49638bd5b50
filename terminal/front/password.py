"""Staff password: the typed characters in a buffer that is overwritten, and the check against the configured hash."""

import threading
from dataclasses import dataclass
from typing import Self

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from config.settings import Settings
from terminal.conductor.wiping import wipe_buffer
from terminal.front.attempts import Attempts
from terminal.staff_password import hash_in_force

MAX_LENGTH = 64
SCREEN = "screen"
"""Origin of passwords typed at the terminal itself."""


class SecretText:
    """Characters typed one by one, in a buffer that is overwritten and never shown."""

    def __init__(self) -> None:
        self._typed = bytearray(MAX_LENGTH)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"SecretText({self._length})"

    def push(self, character: str) -> None:
        """Append a printable ASCII character. Other characters are ignored, and so are all when full."""
        if len(character) == 1 and " " <= character <= "~" and self._length < MAX_LENGTH:
            self._typed[self._length] = ord(character)
            self._length += 1

    def pop(self) -> None:
        if self._length:
            self._length -= 1
            self._typed[self._length] = 0

    def take(self) -> bytearray:
        """Return the typed characters and wipe them here. The caller must overwrite the returned buffer."""
        taken = self._typed[: self._length]
        self.wipe()
        return taken

    def wipe(self) -> None:
        wipe_buffer(self._typed)
        self._length = 0


@dataclass(frozen=True, slots=True)
class PasswordRight:
    pass


@dataclass(frozen=True, slots=True)
class PasswordWrong:
    pass


@dataclass(frozen=True, slots=True)
class PasswordWait:
    """Passwords are refused for this many seconds after too many wrong attempts."""

    seconds: int


PasswordOutcome = PasswordRight | PasswordWrong | PasswordWait


class PasswordGate:
    """Password check. Attempts are counted per origin, so that nobody can lock out another one. Off without a hash."""

    def __init__(self, password_hash: str, attempts: Attempts | None = None) -> None:
        """`attempts`: counts of wrong passwords; by default kept in memory only."""
        self._hash = password_hash
        self._attempts = attempts or Attempts()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the gate for a terminal with these settings."""
        return cls(hash_in_force(settings), Attempts(settings.state_dir / "staff-attempts.json"))

    @property
    def enabled(self) -> bool:
        return bool(self._hash)

    def check(self, typed: bytearray, origin: str = SCREEN) -> PasswordOutcome:
        """Check the password and overwrite the buffer. Takes a tenth of a second, so call it in a thread."""
        try:
            with self._one_at_a_time:  # concurrent attempts must be counted one by one
                seconds = self._attempts.wait(origin)
                if seconds > 0:
                    return PasswordWait(int(seconds) + 1)
                if self.enabled and self._matches(typed):
                    self._attempts.right(origin)
                    return PasswordRight()
                seconds = self._attempts.wrong(origin)
                return PasswordWait(int(seconds)) if seconds > 0 else PasswordWrong()
        finally:
            wipe_buffer(typed)

    def _matches(self, typed: bytearray) -> bool:
        try:
            return PasswordHasher().verify(self._hash, bytes(typed))
        except (Argon2Error, InvalidHashError):
            return False
