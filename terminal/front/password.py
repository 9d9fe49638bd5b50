"""The staff password: a typed buffer that is overwritten, a hash from the settings, patience after wrong attempts."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from config.files import write_whole
from config.settings import Settings
from terminal.conductor.patient import wipe_buffer
from terminal.staff_password import hash_in_force

log = logging.getLogger(__name__)

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
    """Off without a hash. After three wrong attempts it waits, each time twice as long.

    `memory`: file that keeps the count over a restart, which would otherwise give three new attempts.
    """

    def __init__(
        self,
        password_hash: str,
        memory: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._hash = password_hash
        self._memory = memory
        self._clock, self._wall = clock, wall
        self._wrong = 0
        self._closed_until = 0.0
        self._remember()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The gate of the terminal these settings are for."""
        return cls(hash_in_force(settings), settings.state_dir / "staff-attempts.json")

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
                self._keep(0.0)
                return PasswordRight()
        finally:
            wipe_buffer(typed)
        self._wrong += 1
        if self._wrong % ATTEMPTS_AT_ONCE:
            self._keep(0.0)
            return PasswordWrong()
        wait = min(FIRST_WAIT * 2 ** min(self._wrong // ATTEMPTS_AT_ONCE - 1, 10), LONGEST_WAIT)
        self._closed_until = self._clock() + wait
        self._keep(wait)
        return PasswordWait(int(wait))

    def _remember(self) -> None:
        """A file that cannot be understood counts as three wrong attempts: damaging it must gain nothing."""
        if self._memory is None or not self._memory.exists():
            return
        try:
            kept = json.loads(self._memory.read_bytes())
            self._wrong, until = int(kept["wrong"]), float(kept["closed_until"])
        except (OSError, ValueError, TypeError, KeyError):
            self._wrong, until = ATTEMPTS_AT_ONCE, self._wall() + FIRST_WAIT
        # A clock that was set back must not close the way in for longer.
        self._closed_until = self._clock() + min(max(until - self._wall(), 0.0), LONGEST_WAIT)

    def _keep(self, wait: float) -> None:
        if self._memory is None:
            return
        try:
            if self._wrong:
                write_whole(
                    self._memory, json.dumps({"wrong": self._wrong, "closed_until": self._wall() + wait}).encode()
                )
            else:
                self._memory.unlink(missing_ok=True)
        except OSError as error:
            log.error("staff's attempts are not kept: %s", error.strerror)

    def _fits(self, typed: bytearray) -> bool:
        try:
            return PasswordHasher().verify(self._hash, bytes(typed))
        except (Argon2Error, InvalidHashError):
            return False
