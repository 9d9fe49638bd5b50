"""Data of one patient for one reception: secrets, photo, encodings, certificate, signatures.

Stored in mutable buffers where possible (see `terminal.conductor.secret_buffers`) and overwritten on every return to
idle, when `terminal.session.moves.release_and_wipe` requests it. No other object stores this data.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING

from config.platform.current import system
from reader.face_record import FaceRecord
from terminal.conductor.secret_buffers import SecretDigits, Wipeable, wipe_buffer
from terminal.qualification.contract import UserVerification

if TYPE_CHECKING:
    from vision.reference import Reference


class Patient(Wipeable):
    """Patient data of one reception, owned by the conductor."""

    def __init__(self, reception: str) -> None:
        super().__init__()
        self.reception = reception
        self.pin = SecretDigits(4)
        self.code = bytearray()
        self.code_read = bytearray()
        """Partially read code with a space for each low-confidence digit. The patient completes it by typing."""
        self.front = bytearray()
        """Code that a camera read in parallel with the chip, possibly from a different card."""
        self.front_expiry: date | None = None
        self.certificate: bytes | None = None
        self.challenge: bytes | None = None
        self.signature: bytes | None = None
        self.phone_user: UserVerification | None = None
        """How a phone verified its user. None for a card."""
        self.record: FaceRecord | None = None
        self.genuine = False
        """Whether the face record is signed by an authority this terminal trusts."""
        self.cv_certificate: bytes | None = None
        self.reference: Reference | None = None
        self.chip_signature: bytes | None = None
        self.verdict_signature: bytes | None = None
        self.staff_reason = ""
        self.decision_signature: bytes | None = None
        """The card's signature on the decision, sent with the submission and never stored."""
        self.opened_at: datetime | None = None
        """When the service opened the check, by the service's clock."""

    def __repr__(self) -> str:
        return f"Patient({self.reception})"

    def put_code(self, digits: bytearray) -> None:
        """Take ownership of the buffer."""
        wipe_buffer(self.code)
        system.lock_in_memory(digits)
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
        system.lock_in_memory(digits)
        self.front, self.front_expiry = digits, expiry
        self._stay_wiped()

    def take_front(self, expiry: date) -> bytearray | None:
        """Return the code if it was read from a front with this expiry date, otherwise wipe it and return None.

        The caller must overwrite the returned buffer.
        """
        digits, front_expiry = self.front, self.front_expiry
        self.front, self.front_expiry = bytearray(), None
        if front_expiry == expiry and digits:
            return digits
        wipe_buffer(digits)
        return None

    def put_record(self, record: FaceRecord, cv_certificate: bytes) -> None:
        self.record, self.cv_certificate = record, cv_certificate
        self._stay_wiped()

    def put_reference(self, reference: "Reference") -> None:
        self.reference = reference
        self._stay_wiped()

    def _overwrite(self) -> None:
        self.pin.wipe()
        self.wipe_code()
        if self.record is not None:
            self.record.wipe()
        if self.reference is not None:
            self.reference.wipe()
        self.certificate = self.challenge = self.signature = self.record = self.cv_certificate = None
        self.reference = self.chip_signature = self.verdict_signature = self.decision_signature = None
        self.staff_reason = ""


def wiped_patient(reception: str) -> Patient:
    """Return a wiped patient for an effect whose reception has ended."""
    patient = Patient(reception)
    patient.wipe()
    return patient
