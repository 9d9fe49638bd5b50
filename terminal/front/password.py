"""The staff password: a typed buffer that is overwritten, a hash from the settings, a delay after wrong attempts."""

import threading
from dataclasses import dataclass
from typing import Self

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from config.settings import Settings
from terminal.conductor.wiping import wipe_buffer
from terminal.front.attempts import Attempts
from terminal.staff_password import hash_in_force

LONGEST = 64
SCREEN = "screen"
"""Origin of what is typed at the terminal's own screen."""


class SecretText:
    """Characters typed one by one, never shown, in a buffer that is overwritten."""

    def __init__(self) -> None:
        self._typed = bytearray(LONGEST)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"SecretText({self._length})"

    def push(self, character: str) -> None:
        """One printable ASCII character; anything else, and what is too much, is ignored."""
        if len(character) == 1 and " " <= character <= "~" and self._length < LONGEST:
            self._typed[self._length] = ord(character)
            self._length += 1

    def pop(self) -> None:
        if self._length:
            self._length -= 1
            self._typed[self._length] = 0

    def take(self) -> bytearray:
        """What was typed, for the caller to overwrite; empty here afterwards."""
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
    """Too many wrong attempts: passwords are refused for this many seconds."""

    seconds: int


PasswordOutcome = PasswordRight | PasswordWrong | PasswordWait


class PasswordGate:
    """Off without a hash. Each origin has attempts of its own, so that no one can lock out another origin."""

    def __init__(self, password_hash: str, attempts: Attempts | None = None) -> None:
        """`attempts`: by default they are forgotten with the program."""
        self._hash = password_hash
        self._attempts = attempts or Attempts()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The gate of the terminal these settings are for."""
        return cls(hash_in_force(settings), Attempts(settings.state_dir / "staff-attempts.json"))

    @property
    def enabled(self) -> bool:
        return bool(self._hash)

    def check(self, typed: bytearray, origin: str = SCREEN) -> PasswordOutcome:
        """Takes a tenth of a second: call it from a thread. Overwrites the buffer."""
        try:
            with self._one_at_a_time:  # attempts made side by side are counted one after the other
                seconds = self._attempts.wait(origin)
                if seconds > 0:
                    return PasswordWait(int(seconds) + 1)
                if self.enabled and self._fits(typed):
                    self._attempts.right(origin)
                    return PasswordRight()
                seconds = self._attempts.wrong(origin)
                return PasswordWait(int(seconds)) if seconds > 0 else PasswordWrong()
        finally:
            wipe_buffer(typed)

    def _fits(self, typed: bytearray) -> bool:
        try:
            return PasswordHasher().verify(self._hash, bytes(typed))
        except (Argon2Error, InvalidHashError):
            return False
