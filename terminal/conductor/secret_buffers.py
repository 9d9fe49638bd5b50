"""Buffers for secrets that can be overwritten in memory. `wiped_patient_data` contains those of a reception."""

from abc import ABC, abstractmethod

from config.platform.current import system


def wipe_buffer(buffer: bytearray) -> None:
    for index in range(len(buffer)):
        buffer[index] = 0


class SecretDigits:
    """Typed digits in a buffer that is never displayed and can be wiped."""

    def __init__(self, length: int) -> None:
        self._digits = bytearray(length)
        system.lock_in_memory(self._digits)
        self._typed = 0

    def __len__(self) -> int:
        return self._typed

    def __repr__(self) -> str:
        return f"SecretDigits({self._typed} of {len(self._digits)})"

    @property
    def complete(self) -> bool:
        return self._typed == len(self._digits)

    def push(self, digit: int) -> None:
        """Append a digit, or ignore it if the buffer is full. Raises ValueError if it is not 0 to 9."""
        if not 0 <= digit <= 9:
            raise ValueError("a digit must be 0 to 9")
        if not self.complete:
            self._digits[self._typed] = ord("0") + digit
            self._typed += 1

    def pop(self) -> None:
        if self._typed:
            self._typed -= 1
            self._digits[self._typed] = 0

    def take(self) -> bytearray:
        """Return the digits as ASCII and wipe them here. The caller must overwrite the returned buffer."""
        digits = self._digits[: self._typed]
        system.lock_in_memory(digits)
        self.wipe()
        return digits

    def wipe(self) -> None:
        wipe_buffer(self._digits)
        self._typed = 0


class Wipeable(ABC):
    """Base class for containers of patient data.

    After `wipe`, data stored by a late answer is wiped immediately.
    """

    def __init__(self) -> None:
        self.wiped = False

    def wipe(self) -> None:
        """Overwrite all data. Called on every return to idle."""
        self.wiped = True
        self._overwrite()

    def _stay_wiped(self) -> None:
        """Wipe data stored after `wipe`. Setters call this."""
        if self.wiped:
            self._overwrite()

    @abstractmethod
    def _overwrite(self) -> None:
        """Overwrite all buffers and drop references to immutable data."""
