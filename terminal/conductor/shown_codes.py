"""Printed codes read from a card's front before the card is put down, held for seconds until a patient owns them."""

import secrets

from terminal.conductor.wiping import wipe_buffer


class ShownCodes:
    """Holds codes by handle. Handles are not secret. `take` transfers ownership of the code, `wipe` overwrites it."""

    def __init__(self) -> None:
        self._codes: dict[str, bytearray] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def put(self, digits: bytearray) -> str:
        """Take ownership of the buffer and return its handle."""
        handle = secrets.token_hex(8)
        self._codes[handle] = digits
        return handle

    def take(self, handle: str) -> bytearray | None:
        return self._codes.pop(handle, None)

    def wipe(self, handle: str) -> None:
        """Overwrite that code, if it is held here."""
        wipe_buffer(self._codes.pop(handle, bytearray()))

    def wipe_all(self) -> None:
        for handle in list(self._codes):
            self.wipe(handle)
