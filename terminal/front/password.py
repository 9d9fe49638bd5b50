"""The staff password: a typed buffer that is overwritten, a hash from the settings, patience after wrong attempts."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from terminal.conductor.patient import wipe_buffer

LONGEST = 64
ATTEMPTS_AT_ONCE = 3
FIRST_WAIT, LONGEST_WAIT = 30.0, 900.0


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
    """Too many wrong attempts: none is looked at for so many seconds."""

    seconds: int


PasswordOutcome = PasswordRight | PasswordWrong | PasswordWait


class PasswordGate:
    """Off without a hash. After three wrong attempts it waits, each time twice as long."""

    def __init__(self, password_hash: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._hash = password_hash
        self._clock = clock
        self._wrong = 0
        self._closed_until = 0.0

    @property
    def enabled(self) -> bool:
        return bool(self._hash)

    def check(self, typed: bytearray) -> PasswordOutcome:
        """Takes a tenth of a second: call it from a thread. Overwrites the buffer."""
        try:
            left = self._closed_until - self._clock()
            if left > 0:
                return PasswordWait(int(left) + 1)
            if self.enabled and self._fits(typed):
                self._wrong = 0
                return PasswordRight()
        finally:
            wipe_buffer(typed)
        self._wrong += 1
        if self._wrong % ATTEMPTS_AT_ONCE:
            return PasswordWrong()
        wait = min(FIRST_WAIT * 2 ** (self._wrong // ATTEMPTS_AT_ONCE - 1), LONGEST_WAIT)
        self._closed_until = self._clock() + wait
        return PasswordWait(int(wait))

    def _fits(self, typed: bytearray) -> bool:
        try:
            return PasswordHasher().verify(self._hash, bytes(typed))
        except (Argon2Error, InvalidHashError):
            return False
