"""Data of one patient for one reception: secrets, photo, encodings, certificate, signatures.

Data is stored in our own buffers where possible and overwritten on every return to idle. After `wipe`, anything stored
by a late answer is wiped immediately. No other object holds this data.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING

from config.platform.chosen import system
from reader.face_record import FaceRecord
from terminal.qualification.contract import PhoneUser

if TYPE_CHECKING:
    from vision.reference import Reference


class SecretDigits:
    """Digits typed one by one, in a buffer that is overwritten and never shown."""

    def __init__(self, length: int) -> None:
        self._digits = bytearray(length)
        system.keep_in_memory(self._digits)
        self._typed = 0

    def __len__(self) -> int:
        return self._typed

    def __repr__(self) -> str:
        return f"SecretDigits({self._typed} of {len(self._digits)})"

    @property
    def complete(self) -> bool:
        return self._typed == len(self._digits)

    def push(self, digit: int) -> None:
        """Append a digit; ignored when full. Raises ValueError for anything but a digit."""
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
        taken = self._digits[: self._typed]
        system.keep_in_memory(taken)
        self.wipe()
        return taken

    def wipe(self) -> None:
        for index in range(len(self._digits)):
            self._digits[index] = 0
        self._typed = 0


class Patient:
    """Patient data of one reception, owned by the conductor."""

    def __init__(self, reception: str) -> None:
        self.reception = reception
        self.pin = SecretDigits(4)
        self.code = bytearray()
        self.code_read = bytearray()
        """Code as far as a camera could read it, with a space for each doubtful digit, to be completed by typing."""
        self.front = bytearray()
        """Code from the front that a camera read in parallel with the chip. It may be another card's."""
        self.front_expiry: date | None = None
        self.certificate: bytes | None = None
        self.challenge: bytes | None = None
        self.signature: bytes | None = None
        self.phone_user: PhoneUser | None = None
        """How a phone verified its user; None for a card."""
        self.record: FaceRecord | None = None
        self.genuine = False
        """Whether the face record is signed by an authority this terminal trusts."""
        self.cv_certificate: bytes | None = None
        self.reference: Reference | None = None
        self.chip_signature: bytes | None = None
        self.verdict_signature: bytes | None = None
        self.staff_reason = ""
        self.decision_signature: bytes | None = None
        """The card's signature over the decision, sent with the submission and not stored."""
        self.opened_at: datetime | None = None
        """When the service opened the check, by its clock."""
        self.wiped = False

    def __repr__(self) -> str:
        return f"Patient({self.reception})"

    def put_code(self, digits: bytearray) -> None:
        """Take ownership of the buffer."""
        wipe_buffer(self.code)
        system.keep_in_memory(digits)
        self.code = digits
        self._stay_wiped()

    def wipe_code(self) -> None:
        wipe_buffer(self.code)
        wipe_buffer(self.code_read)
        self.code, self.code_read = bytearray(), bytearray()
        wipe_buffer(self.front)
        self.front, self.front_expiry = bytearray(), None

    def put_code_read(self, digits: bytearray) -> None:
        """Take ownership of the buffer."""
        wipe_buffer(self.code_read)
        self.code_read = digits
        self._stay_wiped()

    def put_front(self, digits: bytearray, expiry: date) -> None:
        """Take ownership of the buffer. `expiry` was read from the same front."""
        wipe_buffer(self.front)
        system.keep_in_memory(digits)
        self.front, self.front_expiry = digits, expiry
        self._stay_wiped()

    def take_front(self, expiry: date) -> bytearray | None:
        """Return the code if it was read from a front with this expiry date, otherwise wipe it and return None.

        The caller must overwrite the returned buffer.
        """
        taken, printed = self.front, self.front_expiry
        self.front, self.front_expiry = bytearray(), None
        if printed == expiry and taken:
            return taken
        wipe_buffer(taken)
        return None

    def put_record(self, record: FaceRecord, cv_certificate: bytes) -> None:
        self.record, self.cv_certificate = record, cv_certificate
        self._stay_wiped()

    def put_reference(self, reference: "Reference") -> None:
        self.reference = reference
        self._stay_wiped()

    def wipe(self) -> None:
        self.wiped = True
        self.pin.wipe()
        self.wipe_code()
        if self.record is not None:
            self.record.wipe()
        if self.reference is not None:
            self.reference.wipe()
        self.certificate = self.challenge = self.signature = self.record = self.cv_certificate = None
        self.reference = self.chip_signature = self.verdict_signature = self.decision_signature = None
        self.staff_reason = ""

    def _stay_wiped(self) -> None:
        if self.wiped:
            self.wipe()


def wipe_buffer(buffer: bytearray) -> None:
    for index in range(len(buffer)):
        buffer[index] = 0
