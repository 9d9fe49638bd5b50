"""A My Number Card as the terminal sees it: verbs of the counter, outcomes as values.

Every verb may answer `CardGone` or `CardUnreadable`; no exception leaves this module for anything a card, a reader or
a patient can do.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from reader.apdu import SW, ApduError, tries_left
from reader.channel import Channel, StatusError
from reader.face_record import FaceRecord, parse_day, parse_face_record
from reader.facts import (
    CardFacts,
    CardGone,
    CardProblem,
    CardUnreadable,
    CodeLocked,
    CodeNotSent,
    CodeOutcome,
    CodeRight,
    CodeWrong,
    NoCertificate,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinOutcome,
    PinRight,
    PinWrong,
)
from reader.link import CardLink, LinkLost
from reader.profile import (
    PRINTED_CODE_LENGTH,
    RSA_2048,
    USER_PIN_LENGTH,
    Application,
    CardProfile,
    File,
    Key,
    Password,
)
from reader.tlv import MalformedCardData

_DER_SEQUENCE = 0x30
_PRESENT = 0x8F
_EXPIRY_RECORD_TAG = 0x01

Outcome = TypeVar("Outcome")


class MyNumberCard:
    """The card on one link. Not thread-safe; the link is the caller's to close."""

    def __init__(self, link: CardLink, profile: CardProfile = RSA_2048) -> None:
        self._channel = Channel(link)
        self._profile = profile

    # --- what is free to read -------------------------------------------------------------------------------

    def read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate | CardProblem:
        """Certificate validity, card expiry and counters. Identifies the card by its applications, not by its ATR."""
        return _as_value("read facts", self._read_facts)

    def _read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate:
        jpki, pin = self._profile.password(Password.USER_PIN)
        if not self._channel.select(jpki):
            return NotMyNumberCard()
        certificate = self._user_certificate()
        if certificate is None:
            return NoCertificate()
        not_before, not_after = _validity(certificate)
        pin_left = self._counter(pin.fid, pin.max_tries)
        surface, code = self._profile.password(Password.PRINTED_CODE)
        if not self._channel.select(surface):
            return NotMyNumberCard()  # a residents' card of the generation before, which had JPKI too
        return CardFacts(
            certificate_not_before=not_before,
            certificate_not_after=not_after,
            pin_tries_left=pin_left,
            code_tries_left=self._counter(code.fid, code.max_tries),
            card_expiry=self._card_expiry(),
        )

    def read_user_certificate(self) -> bytes | NoCertificate | CardProblem:
        """The user-authentication certificate, DER. Needs no PIN."""

        def read() -> bytes | NoCertificate:
            self._select(self._profile.file(File.USER_CERTIFICATE)[0])
            certificate = self._user_certificate()
            return NoCertificate() if certificate is None else certificate

        return _as_value("read user certificate", read)

    def read_cv_certificate(self) -> bytes | CardProblem:
        """The CV certificate of the key that signed the face record."""

        def read() -> bytes:
            application, file = self._profile.file(File.SURFACE_CV_CERTIFICATE)
            self._select(application)
            return bytes(self._channel.read_file(file.fid))

        return _as_value("read CV certificate", read)

    # --- the PIN way ----------------------------------------------------------------------------------------

    def verify_pin(self, pin: bytearray, expected_left: int) -> PinOutcome | CardProblem:
        """VERIFY the 4 ASCII digits, but only if the card's counter is `expected_left`, as the patient was told.

        The counter is read just before. The caller overwrites `pin`; copies made here are overwritten here.
        Raises `ValueError` for anything but 4 digits: a PIN pad cannot deliver it.
        """
        if len(pin) != USER_PIN_LENGTH or not pin.isdigit():
            raise ValueError("a PIN has 4 digits")

        def verify() -> PinOutcome:
            left, tried = self._verify(Password.USER_PIN, pin, expected_left)
            if left is None:
                return PinRight()
            if not tried and left != expected_left:
                return PinNotSent(left)
            return PinWrong(left) if left else PinLocked()

        return _as_value("verify PIN", verify)

    def sign(self, statement: bytes) -> bytes | CardProblem:
        """SHA-256, PKCS#1 v1.5 with the JPKI user-authentication key, 256 bytes. `verify_pin` opens it."""
        return self._sign(Key.USER_AUTHENTICATION, statement, "sign")

    # --- the face way ---------------------------------------------------------------------------------------

    def verify_printed_code(self, code: bytearray, expected_left: int) -> CodeOutcome | CardProblem:
        """VERIFY 照合番号B, 14 ASCII digits, with the same guard as `verify_pin`. Raises `ValueError` as it does.

        `printed_code.check_printed_code` tells beforehand.
        """
        if len(code) != PRINTED_CODE_LENGTH or not code.isdigit():
            raise ValueError("a printed code has 14 digits")

        def verify() -> CodeOutcome:
            left, tried = self._verify(Password.PRINTED_CODE, code, expected_left)
            if left is None:
                return CodeRight()
            if not tried and left != expected_left:
                return CodeNotSent(left)
            return CodeWrong(left) if left else CodeLocked()

        return _as_value("verify printed code", verify)

    def read_face_record(self) -> FaceRecord | CardProblem:
        """The photo and what proves it. `verify_printed_code` opens it; the caller wipes it."""

        def read() -> FaceRecord:
            application, file = self._profile.file(File.FACE_RECORD)
            self._select(application)
            content = self._channel.read_file(file.fid)
            try:
                return parse_face_record(content)
            finally:
                content[:] = bytes(len(content))

        return _as_value("read face record", read)

    def prove_chip(self, statement: bytes) -> bytes | CardProblem:
        """SHA-256, PKCS#1 v1.5 with the surface application's own key, 256 bytes. Needs neither PIN nor code."""
        return self._sign(Key.CHIP, statement, "prove chip")

    # --- shared steps ---------------------------------------------------------------------------------------

    def _select(self, application: Application) -> None:
        if not self._channel.select(application):
            raise StatusError(SW.FILE_NOT_FOUND)

    def _counter(self, fid: int, max_tries: int) -> int:
        left = self._channel.tries_left(fid)
        # "Verified" instead of a counter: the success that made it so has set the counter back to its maximum.
        return max_tries if left is None else left

    def _verify(self, password: Password, secret: bytearray, expected_left: int) -> tuple[int | None, bool]:
        """(tries left or None for right, whether the secret was sent)."""
        application, entry = self._profile.password(password)
        self._select(application)
        left = self._counter(entry.fid, entry.max_tries)
        if left != expected_left or left == 0:
            return left, False
        sw = self._channel.verify_current(secret)
        if sw == SW.OK:
            return None, True
        after = tries_left(sw)
        if after is None:
            raise StatusError(sw)
        return after, True

    def _sign(self, key: Key, statement: bytes, what: str) -> bytes | CardProblem:
        def compute() -> bytes:
            application, entry = self._profile.key(key)
            self._select(application)
            signature = self._channel.sign_digest(hashlib.sha256(statement).digest(), entry.fid)
            if len(signature) != self._profile.signature_length:
                raise MalformedCardData("signature of a wrong length")
            return signature

        return _as_value(what, compute)

    def _user_certificate(self) -> bytes | None:
        """With JPKI selected. None where the card carries none: no such file, or an unwritten one."""
        file = self._profile.file(File.USER_CERTIFICATE)[1]
        try:
            certificate = self._channel.read_file(file.fid)
        except StatusError as error:
            if error.sw == SW.FILE_NOT_FOUND:
                return None
            raise
        except MalformedCardData:
            if self._says_certificate():
                raise
            return None
        if certificate[0] != _DER_SEQUENCE:
            if self._says_certificate():
                raise MalformedCardData("certificate is not DER")
            return None
        return bytes(certificate)

    def _says_certificate(self) -> bool:
        flags = self._channel.read_start(self._profile.file(File.CERTIFICATE_FLAGS)[1].fid, 3)
        return len(flags) >= 2 and flags[1] == _PRESENT

    def _card_expiry(self) -> date | None:
        """The free record: tag, length, then 15 digits serial, 5 municipality, 8 expiry."""
        application, file = self._profile.file(File.CARD_EXPIRY)
        try:
            if not self._channel.select(application):
                return None
            record = self._channel.read_record(file.fid, 1)
            if len(record) < 30 or record[0] != _EXPIRY_RECORD_TAG:
                return None
            return parse_day(record[22:30])
        except (StatusError, MalformedCardData):
            return None


def _validity(certificate: bytes) -> tuple[datetime, datetime]:
    from cryptography import x509

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        return parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except ValueError:
        raise MalformedCardData("certificate is not X.509") from None


def _as_value(what: str, do: Callable[[], Outcome]) -> Outcome | CardProblem:
    try:
        return do()
    except LinkLost:
        return CardGone()
    except StatusError as error:
        return CardUnreadable(error.sw, what)
    except (MalformedCardData, ApduError):
        return CardUnreadable(None, what)
