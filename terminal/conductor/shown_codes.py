"""Printed codes read from a card's front before the card is put down: secrets without a patient, for seconds."""

import secrets

from terminal.conductor.patient_data import wipe_buffer


class ShownCodes:
    """Each has a handle, which is not secret. A taken code belongs to the taker; a wiped one is overwritten."""

    def __init__(self) -> None:
        self._codes: dict[str, bytearray] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def put(self, digits: bytearray) -> str:
        """Take over the buffer; return its handle."""
        handle = secrets.token_hex(8)
        self._codes[handle] = digits
        return handle

    def take(self, handle: str) -> bytearray | None:
        return self._codes.pop(handle, None)

    def wipe(self, handle: str) -> None:
        """Overwrite that code, if it is still here."""
        wipe_buffer(self._codes.pop(handle, bytearray()))

    def wipe_all(self) -> None:
        for handle in list(self._codes):
            self.wipe(handle)
