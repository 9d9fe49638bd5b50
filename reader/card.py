"""A My Number Card as the terminal sees it: operations of a reception, outcomes as values.

Every operation may return `CardGone` or `CardUnreadable`; this module raises no exception for anything a card, a reader
or a patient can do.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from reader.apdu import EXTENDED_LE_MAX, SW, ApduError, tries_left
from reader.certificate import parse_certificate
from reader.channel import Channel, StatusError
from reader.diagnosis import CardFailure, CardStage, Told, diagnose
from reader.face_record import FaceRecord, PhotoWatch, parse_day, parse_face_record
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
    Medium,
    NoCertificate,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinOutcome,
    PinRight,
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
"""Bytes read from the start of the user certificate, one short block; covers its serial number."""
_IDENTITY_AT_LEAST = 64
_NOTHING_SELECTED = (SW.FILE_NOT_FOUND, SW.NO_CURRENT_EF)

Outcome = TypeVar("Outcome")


class MyNumberCard:
    """The card on one link. Not thread-safe; the link is the caller's to close."""

    def __init__(self, link: CardLink, profile: CardProfile = RSA_2048, *, longest_read: int = EXTENDED_LE_MAX) -> None:
        """`longest_read`: most bytes to request at once; 256 for a reader known to fail on extended commands."""
        self._link = link
        self._channel = Channel(link, longest_read=longest_read)
        self._profile = profile
        self._certificate: bytes | None = None
        self._counter_told = False

    @property
    def longest_read(self) -> int:
        """Most bytes to request at once, as found so far."""
        return self._channel.longest_read

    # --- what is free to read -------------------------------------------------------------------------------

    def read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate | CardProblem:
        """Read the certificate's validity and policies, the card's expiry and the counters.

        Identifies the card by its applications, not by its ATR.
        """
        return self._first("read facts", self._read_facts)

    def _read_facts(self) -> CardFacts | NotMyNumberCard | NoCertificate:
        # JPKI comes last and stays selected: a card that replaces it has nothing selected, so a PIN meant for this one
        # finds no key there.
        jpki, pin = self._profile.password(Password.USER_PIN)
        surface, code = self._profile.password(Password.PRINTED_CODE)
        refusal = self._refusal_of_first(surface)
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
        return self._told(certificate, Medium.CARD, pin_left, code_left, expiry)

    def _refusal_of_first(self, application: Application) -> StatusError | None:
        """Select the first application of all; how the card refused, or None if it is selected."""
        try:
            return None if self._channel.select(application) else StatusError(SW.FILE_NOT_FOUND)
        except StatusError as refusal:
            return refusal

    def _read_phone(self, jpki: Application, pin: PasswordEntry, refusal: StatusError) -> CardFacts | NotMyNumberCard:
        """A phone has JPKI but no surface application; so had residents' cards, the predecessor."""
        if not self._channel.select(jpki):
            raise refusal
        label = self._channel.read_start(self._profile.file(File.TOKEN_INFO)[1].fid, TOKEN_LABEL_LENGTH)
        medium = PHONE_TOKENS.get(label.decode("ascii", "replace").rstrip(" \0"))
        if medium is None:
            return NotMyNumberCard()
        if medium is Medium.PHONE_PIN:
            return self._told(None, medium, self._counter(pin.fid, pin.max_tries), 0, None)
        certificate = self._user_certificate()
        return NotMyNumberCard() if certificate is None else self._told(certificate, medium, 0, 0, None)

    def _told(
        self, certificate: bytes | None, medium: Medium, pin_left: int, code_left: int, expiry: date | None
    ) -> CardFacts:
        facts = None if certificate is None else parse_certificate(certificate)
        self._certificate, self._counter_told = certificate, True
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
        """Return the user-authentication certificate (DER). Needs no PIN, and no card once its facts were read."""

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
        """VERIFY the 4 ASCII digits, but only if the card's counter is `expected_left`, as shown to the patient.

        The counter is read just before, and the card must be the one whose facts were read on this connection: for
        another card the outcome is `CardGone`, for one that never reported its counter `PinNotSent`.
        The caller overwrites `pin`; copies made here are overwritten here.
        Raises `ValueError` for anything but 4 digits: a PIN pad cannot deliver it.
        """
        if len(pin) != USER_PIN_LENGTH or not pin.isdigit():
            raise ValueError("a PIN has 4 digits")

        def verify() -> PinOutcome:
            left, tried = self._verify(Password.USER_PIN, pin, expected_left)
            if left is None:
                return PinRight()
            if tried or left == 0:
                return PinWrong(left) if left else PinLocked()
            return PinNotSent(left)

        return self._as_value("verify PIN", verify)

    def sign(self, statement: bytes) -> bytes | CardProblem:
        """Sign with the JPKI user-authentication key, 256 bytes of PKCS#1 v1.5 over SHA-256. `verify_pin` opens it."""
        return self._sign(Key.USER_AUTHENTICATION, statement, "sign")

    # --- by face --------------------------------------------------------------------------------------------

    def verify_printed_code(self, code: bytearray, expected_left: int) -> CodeOutcome | CardProblem:
        """VERIFY 照合番号B, 14 ASCII digits, with the same guard as `verify_pin`. Raises `ValueError` as it does.

        `printed_code.check_printed_code` checks the digits beforehand.
        """
        if len(code) != PRINTED_CODE_LENGTH or not code.isdigit():
            raise ValueError("a printed code has 14 digits")

        def verify() -> CodeOutcome:
            left, tried = self._verify(Password.PRINTED_CODE, code, expected_left)
            if left is None:
                return CodeRight()
            if tried or left == 0:
                return CodeWrong(left) if left else CodeLocked()
            return CodeNotSent(left)

        return self._as_value("verify printed code", verify)

    def read_face_record(self, on_photo: Callable[[bytearray], None] | None = None) -> FaceRecord | CardProblem:
        """Read the photo and its proof, after `verify_printed_code`. The caller wipes the record.

        `on_photo` gets a copy of the JPEG 2000 file, which it must overwrite, as soon as the file has arrived. The
        signature is still to come, so the photo proves nothing yet, but decoding can begin.
        """

        def read() -> FaceRecord:
            application, file = self._profile.file(File.FACE_RECORD)
            self._select(application)
            content = self._channel.read_file(file.fid, None if on_photo is None else PhotoWatch(on_photo))
            try:
                return parse_face_record(content)
            finally:
                content[:] = bytes(len(content))

        return self._as_value("read face record", read)

    def prove_chip(self, statement: bytes) -> bytes | CardProblem:
        """As `sign`, with the surface application's own key. Needs neither PIN nor code."""
        return self._sign(Key.CHIP, statement, "prove chip")

    # --- shared steps ---------------------------------------------------------------------------------------

    def _select(self, application: Application) -> None:
        if not self._channel.select(application):
            raise StatusError(SW.FILE_NOT_FOUND)

    def _counter(self, fid: int, max_tries: int) -> int:
        left = self._channel.tries_left(fid)
        # "Verified" instead of a counter: the successful VERIFY has reset the counter to its maximum.
        return max_tries if left is None else left

    def _verify(self, password: Password, secret: bytearray, expected_left: int) -> tuple[int | None, bool]:
        """Return (tries left or None if it was right, whether the secret was sent)."""
        application, entry = self._profile.password(password)
        if self._certificate is not None and self._channel.application is not application:
            self._recognise(self._certificate[:_IDENTITY_LENGTH])
        self._select(application)
        try:
            left = self._counter(entry.fid, entry.max_tries)
        except StatusError as error:
            if error.sw in _NOTHING_SELECTED:
                raise LinkLost("another card, or the same after a reset") from None
            raise
        if not self._counter_told or left != expected_left or left == 0:
            return left, False
        sw = self._channel.verify(entry.fid, secret)
        if sw == SW.OK:
            return None, True
        after = tries_left(sw)
        if after is None:
            raise StatusError(sw)
        return after, True

    def _recognise(self, identity: bytes) -> None:
        """Raise `LinkLost` if the card is not the one whose facts were read.

        Call it right before selecting an application that a secret is sent to, so that there is no time to swap cards.
        """
        application, file = self._profile.file(File.USER_CERTIFICATE)
        try:
            self._select(application)
            start = self._channel.read_start(file.fid, len(identity))
        except StatusError:
            raise LinkLost("another card") from None
        # Some readers transfer less than the whole block; the serial number is in the first bytes.
        if len(start) < _IDENTITY_AT_LEAST or not identity.startswith(start):
            raise LinkLost("another card")

    def _sign(self, key: Key, statement: bytes, what: str) -> bytes | CardProblem:
        def compute() -> bytes:
            application, entry = self._profile.key(key)
            self._select(application)
            algorithm = self._profile.algorithm
            signature = self._channel.sign(algorithm.to_sign(statement), entry.fid)
            if len(signature) != algorithm.signature_length:
                raise MalformedCardData("signature of a wrong length")
            return signature

        return self._as_value(what, compute)

    def _user_certificate(self) -> bytes | None:
        """Read the certificate, with JPKI selected. None if the file is missing or unwritten."""
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
        """Parse the free record: tag, length, then 15 digits serial, 5 municipality, 8 expiry."""
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

    # --- from errors to values ------------------------------------------------------------------------------

    def _first(self, what: str, do: Callable[[], Outcome]) -> Outcome | NotMyNumberCard | CardProblem:
        """Run an operation that can begin a connection: the card may turn out to be of another kind."""
        try:
            return do()
        except _PROBLEMS as problem:
            known = self._channel.application is not None
            told = self._diagnose(problem, CardStage.READING if known else CardStage.FIRST_SELECT, what)
            return NotMyNumberCard() if told is Told.OTHER_CARD else _problem(told, problem, what)

    def _as_value(self, what: str, do: Callable[[], Outcome]) -> Outcome | CardProblem:
        try:
            return do()
        except _PROBLEMS as problem:
            return _problem(self._diagnose(problem, CardStage.READING, what), problem, what)

    def _diagnose(self, problem: Exception, stage: CardStage, what: str) -> Told:
        code, there = None, True
        if isinstance(problem, LinkLost):
            code, there = problem.code, problem.card_there
        elif isinstance(problem, StatusError):
            code = problem.sw
        atr = self._link.atr if stage is CardStage.FIRST_SELECT and there else b""
        return diagnose(CardFailure(stage, code, atr, there), what)


_PROBLEMS: Final = (LinkLost, StatusError, MalformedCardData, ApduError, CardTooSlow)
"""What a card and a reader can do."""


def _problem(told: Told, problem: Exception, what: str) -> CardProblem:
    if told is Told.TAKEN_AWAY:
        return CardGone()
    return CardUnreadable(problem.sw if isinstance(problem, StatusError) else None, what)
