"""Store printed codes that were read from a card's front before the card is put down."""

import secrets

from terminal.conductor.secret_buffers import wipe_buffer


class ShownCodes:
    """Printed codes by handle. Handles are not secret."""

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
        """Remove a code and return it. The caller must overwrite the buffer."""
        return self._codes.pop(handle, None)

    def wipe(self, handle: str) -> None:
        """Overwrite a code if it is stored here."""
        wipe_buffer(self._codes.pop(handle, bytearray()))

    def wipe_all(self) -> None:
        for handle in list(self._codes):
            self.wipe(handle)
