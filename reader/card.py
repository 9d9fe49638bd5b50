"""Operations on a My Number Card. Each returns its outcome as a value.

Every operation may return `CardGone` or `CardUnreadable`. Failures of cards and readers and wrong input by patients are
never raised as exceptions.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from reader.apdu import EXTENDED_LE_MAX, SW, ApduError, tries_left
from reader.certificate import parse_certificate
from reader.channel import Channel, StatusError
from reader.diagnosis import CardDiagnosis, CardFailure, CardStage, diagnose
from reader.face_record import FaceRecord, PhotoCallback, parse_date, parse_face_record
from reader.facts import (
    CardFacts,
    CardGone,
    CardProblem,
    CardUnreadable,
    CodeLocked,
    CodeNotSent,
    CodeOutcome,
    CodeVerified,
    CodeWrong,
    Medium,
    NoCertificate,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinOutcome,
    PinVerified,
    PinWrong,
)
from reader.link import CardLink, LinkLost
from reader.processors import CardTooSlow
from reader.profile import (
    PHONE_TOKENS,
    PRINTED_CODE_LENGTH,
    RSA_2048,
    TOKEN_LABEL_LENGTH,
    USER_PIN_LENGTH,
    Application,
    CardProfile,
    File,
    Key,
    Password,
    PasswordEntry,
)
from reader.tlv import MalformedCardData

_DER_SEQUENCE = 0x30
_PRESENT = 0x8F
_EXPIRY_RECORD_TAG = 0x01
_IDENTITY_LENGTH = 256
"""Number of bytes read from the start of the user certificate: one short block, including the serial number."""
_MIN_IDENTITY_LENGTH = 64
_NOTHING_SELECTED = (SW.FILE_NOT_FOUND, SW.NO_CURRENT_EF)

Outcome = TypeVar("Outcome")


class MyNumberCard:
    """My Number Card connected by a link. Not thread-safe. The caller must close the link."""

    def __init__(self, link: CardLink, profile: CardProfile = RSA_2048, *, longest_read: int = EXTENDED_LE_MAX) -> None:
        """`longest_read`: maximum bytes per READ BINARY; 256 for a reader that fails on extended commands."""
        self._link = link
        self._channel = Channel(link, longest_read=longest_read)
        self._profile = profile
        self._certificate: bytes | None = None
        self._counter_reported = False

    @property
    def longest_read(self) -> int:
        """Maximum number of bytes per READ BINARY, as determined so far."""
        return self._channel.longest_read

    # --- unprotected files -----------------------------------------------------------------------------------------

    def read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate | CardProblem:
        """Read the certificate's validity and policies, the card's expiry date and the retry counters.

        The card is identified by its applications, not by its ATR.
        """
        return self._first("read facts", self._read_facts)

    def _read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate:
        # select JPKI last and leave it selected: a swapped card has no application selected, so this card's PIN cannot
        # use up a try on it
        jpki, pin = self._profile.password(Password.USER_PIN)
        surface, code = self._profile.password(Password.PRINTED_CODE)
        refusal = self._first_select_refusal(surface)
        if refusal is not None:
            return self._read_phone(jpki, pin, refusal)
        code_left = self._counter(code.fid, code.max_tries)
        expiry = self._card_expiry()
        if not self._channel.select(jpki):
            return NotMyNumberCard()
        certificate = self._user_certificate()
        if certificate is None:
            return NoCertificate()
        pin_left = self._counter(pin.fid, pin.max_tries)
        return self._facts(certificate, Medium.CARD, pin_left, code_left, expiry)

    def _first_select_refusal(self, application: Application) -> StatusError | None:
        """Select an application. Return the refusal, or None if it is selected."""
        try:
            return None if self._channel.select(application) else StatusError(SW.FILE_NOT_FOUND)
        except StatusError as refusal:
            return refusal

    def _read_phone(self, jpki: Application, pin: PasswordEntry, refusal: StatusError) -> CardFacts | NotMyNumberCard:
        """Read a phone, which (like the former residents' card) has JPKI but no surface application."""
        if not self._channel.select(jpki):
            raise refusal
        label = self._channel.read_start(self._profile.file(File.TOKEN_INFO)[1].fid, TOKEN_LABEL_LENGTH)
        medium = PHONE_TOKENS.get(label.decode("ascii", "replace").rstrip(" \0"))
        if medium is None:
            return NotMyNumberCard()
        if medium is Medium.PHONE_PIN:
            return self._facts(None, medium, self._counter(pin.fid, pin.max_tries), 0, None)
        certificate = self._user_certificate()
        return NotMyNumberCard() if certificate is None else self._facts(certificate, medium, 0, 0, None)

    def _facts(
        self, certificate: bytes | None, medium: Medium, pin_left: int, code_left: int, expiry: date | None
    ) -> CardFacts:
        facts = None if certificate is None else parse_certificate(certificate)
        self._certificate, self._counter_reported = certificate, True
        return CardFacts(
            certificate_not_before=None if facts is None else facts.not_before,
            certificate_not_after=None if facts is None else facts.not_after,
            certificate_policies=() if facts is None else facts.policies,
            pin_tries_left=pin_left,
            code_tries_left=code_left,
            card_expiry=expiry,
            medium=medium,
        )

    def read_user_certificate(self) -> bytes | NoCertificate | NotMyNumberCard | CardProblem:
        """Return the user-authentication certificate (DER). Requires no PIN. Cached after `read_facts`."""

        def read() -> bytes | NoCertificate:
            if self._certificate is not None:
                return self._certificate
            self._select(self._profile.file(File.USER_CERTIFICATE)[0])
            certificate = self._user_certificate()
            return NoCertificate() if certificate is None else certificate

        return self._first("read user certificate", read)

    def read_cv_certificate(self) -> bytes | CardProblem:
        """Return the CV certificate of the key that signed the face record."""

        def read() -> bytes:
            application, file = self._profile.file(File.SURFACE_CV_CERTIFICATE)
            self._select(application)
            return bytes(self._channel.read_file(file.fid))

        return self._as_value("read CV certificate", read)

    # --- by PIN ---------------------------------------------------------------------------------------------

    def verify_pin(self, pin: bytearray, expected_left: int) -> PinOutcome | CardProblem:
        """Send VERIFY with 4 ASCII digits if the retry counter is `expected_left`, as displayed to the patient.

        The counter is read again immediately before VERIFY. Returns `CardGone` if the card is not the one whose facts
        were read on this connection, and `PinNotSent` if its counter differs or was never read. The caller must
        overwrite `pin`; internal copies are overwritten. Raises `ValueError` if `pin` is not 4 digits.
        """
        if len(pin) != USER_PIN_LENGTH or not pin.isdigit():
            raise ValueError("a PIN must be 4 digits long")

        def verify() -> PinOutcome:
            left, sent = self._verify(Password.USER_PIN, pin, expected_left)
            if left is None:
                return PinVerified()
            if sent or left == 0:
                return PinWrong(left) if left else PinLocked()
            return PinNotSent(left)

        return self._as_value("verify PIN", verify)

    def sign(self, statement: bytes) -> bytes | CardProblem:
        """Sign with the JPKI user-authentication key, after `verify_pin`. Returns 256 bytes: PKCS#1 v1.5, SHA-256."""
        return self._sign(Key.USER_AUTHENTICATION, statement, "sign")

    # --- by face --------------------------------------------------------------------------------------------

    def verify_printed_code(self, code: bytearray, expected_left: int) -> CodeOutcome | CardProblem:
        """Send VERIFY with 照合番号B (14 ASCII digits), with the same checks and errors as `verify_pin`.

        Check the digits first with `printed_code.check_printed_code`.
        """
        if len(code) != PRINTED_CODE_LENGTH or not code.isdigit():
            raise ValueError("a printed code must be 14 digits long")

        def verify() -> CodeOutcome:
            left, sent = self._verify(Password.PRINTED_CODE, code, expected_left)
            if left is None:
                return CodeVerified()
            if sent or left == 0:
                return CodeWrong(left) if left else CodeLocked()
            return CodeNotSent(left)

        return self._as_value("verify printed code", verify)

    def read_face_record(self, on_photo: Callable[[bytearray], None] | None = None) -> FaceRecord | CardProblem:
        """Read the face record, after `verify_printed_code`. The caller must wipe it.

        `on_photo` is called with a copy of the JPEG 2000 file, which it must overwrite, as soon as the photo has
        arrived. The signature has not been read at this point, so the photo is unverified but can be decoded.
        """

        def read() -> FaceRecord:
            application, file = self._profile.file(File.FACE_RECORD)
            self._select(application)
            content = self._channel.read_file(file.fid, None if on_photo is None else PhotoCallback(on_photo))
            try:
                return parse_face_record(content)
            finally:
                content[:] = bytes(len(content))

        return self._as_value("read face record", read)

    def prove_chip(self, statement: bytes) -> bytes | CardProblem:
        """Sign like `sign`, but with the key of the surface application, which requires neither PIN nor code."""
        return self._sign(Key.CHIP, statement, "prove chip")

    # --- shared steps ---------------------------------------------------------------------------------------

    def _select(self, application: Application) -> None:
        if not self._channel.select(application):
            raise StatusError(SW.FILE_NOT_FOUND)

    def _counter(self, fid: int, max_tries: int) -> int:
        left = self._channel.tries_left(fid)
        # a card may answer "verified" instead of a counter, which a successful VERIFY resets to its maximum
        return max_tries if left is None else left

    def _verify(self, password: Password, secret: bytearray, expected_left: int) -> tuple[int | None, bool]:
        """Return the number of tries left (None if the secret was correct) and whether the secret was sent."""
        application, entry = self._profile.password(password)
        if self._certificate is not None and self._channel.application is not application:
            self._check_identity(self._certificate[:_IDENTITY_LENGTH])
        self._select(application)
        try:
            left = self._counter(entry.fid, entry.max_tries)
        except StatusError as error:
            if error.sw in _NOTHING_SELECTED:
                raise LinkLost("different card, or same card after a reset") from None
            raise
        if not self._counter_reported or left != expected_left or left == 0:
            return left, False
        sw = self._channel.verify(entry.fid, secret)
        if sw == SW.OK:
            return None, True
        remaining = tries_left(sw)
        if remaining is None:
            raise StatusError(sw)
        return remaining, True

    def _check_identity(self, identity: bytes) -> None:
        """Raise `LinkLost` if this is not the card whose facts were read.

        Called immediately before selecting the application that receives a secret, so that the card cannot be swapped
        in between.
        """
        application, file = self._profile.file(File.USER_CERTIFICATE)
        try:
            self._select(application)
            start = self._channel.read_start(file.fid, len(identity))
        except StatusError:
            raise LinkLost("different card") from None
        # some readers return less than a full block, but always the first bytes, which include the serial number
        if len(start) < _MIN_IDENTITY_LENGTH or not identity.startswith(start):
            raise LinkLost("different card")

    def _sign(self, key: Key, statement: bytes, operation: str) -> bytes | CardProblem:
        def compute() -> bytes:
            application, entry = self._profile.key(key)
            self._select(application)
            algorithm = self._profile.algorithm
            signature = self._channel.sign(algorithm.signing_input(statement), entry.fid)
            if len(signature) != algorithm.signature_length:
                raise MalformedCardData("signature has the wrong length")
            return signature

        return self._as_value(operation, compute)

    def _user_certificate(self) -> bytes | None:
        """Return the certificate, or None if its file is missing or unwritten. JPKI must be selected."""
        file = self._profile.file(File.USER_CERTIFICATE)[1]
        try:
            certificate = self._channel.read_file(file.fid)
        except StatusError as error:
            if error.sw == SW.FILE_NOT_FOUND:
                return None
            raise
        except MalformedCardData:
            if self._claims_certificate():
                raise
            return None
        if certificate[0] != _DER_SEQUENCE:
            if self._claims_certificate():
                raise MalformedCardData("certificate is not DER")
            return None
        return bytes(certificate)

    def _claims_certificate(self) -> bool:
        flags = self._channel.read_start(self._profile.file(File.CERTIFICATE_FLAGS)[1].fid, 3)
        return len(flags) >= 2 and flags[1] == _PRESENT

    def _card_expiry(self) -> date | None:
        """Return the expiry date. Format of its record: tag, length, serial (15 digits), municipality (5), date (8)."""
        application, file = self._profile.file(File.CARD_EXPIRY)
        try:
            if not self._channel.select(application):
                return None
            record = self._channel.read_record(file.fid, 1)
            if len(record) < 30 or record[0] != _EXPIRY_RECORD_TAG:
                return None
            return parse_date(record[22:30])
        except (StatusError, MalformedCardData):
            return None

    # --- converting errors to values ------------------------------------------------------------------------

    def _first(self, operation: str, action: Callable[[], Outcome]) -> Outcome | NotMyNumberCard | CardProblem:
        """Run an operation that may be the first on a connection. Return `NotMyNumberCard` for other kinds of cards."""
        try:
            return action()
        except _PROBLEMS as problem:
            selected = self._channel.application is not None
            diagnosis = self._diagnose(problem, CardStage.READING if selected else CardStage.FIRST_SELECT, operation)
            return (
                NotMyNumberCard() if diagnosis is CardDiagnosis.OTHER_CARD else _problem(diagnosis, problem, operation)
            )

    def _as_value(self, operation: str, action: Callable[[], Outcome]) -> Outcome | CardProblem:
        try:
            return action()
        except _PROBLEMS as problem:
            return _problem(self._diagnose(problem, CardStage.READING, operation), problem, operation)

    def _diagnose(self, problem: Exception, stage: CardStage, operation: str) -> CardDiagnosis:
        code, present = None, True
        if isinstance(problem, LinkLost):
            code, present = problem.code, problem.card_present
        elif isinstance(problem, StatusError):
            code = problem.sw
        atr = self._link.atr if stage is CardStage.FIRST_SELECT and present else b""
        return diagnose(CardFailure(stage, code, atr, present), operation)


_PROBLEMS: Final = (LinkLost, StatusError, MalformedCardData, ApduError, CardTooSlow)
"""Errors caused by cards and readers."""


def _problem(diagnosis: CardDiagnosis, problem: Exception, operation: str) -> CardProblem:
    if diagnosis is CardDiagnosis.TAKEN_AWAY:
        return CardGone()
    return CardUnreadable(problem.sw if isinstance(problem, StatusError) else None, operation)
