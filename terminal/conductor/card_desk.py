"""Perform card effects on one thread, with one connection per reception."""

import asyncio
import logging
from collections.abc import Callable
from hashlib import sha256

from reader.authenticity import TrustAnchors, check_face_record
from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import (
    Authenticity,
    CardFacts,
    CardGone,
    CardUnreadable,
    CodeLocked,
    CodeNotSent,
    CodeVerified,
    CodeWrong,
    ConnectProblem,
    Medium,
    NoCard,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinVerified,
    PinWrong,
    ReaderBusy,
    ReaderLost,
    TwoCards,
)
from reader.link import CardLink, CardSlot
from reader.reading import DEFAULT_OPENER, CardOpener
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.failures import CardReadFailure
from terminal.qualification.contract import UserVerification
from terminal.qualification.statements import chip_statement, phone_statement, pin_statement
from terminal.session.effects import OpenFaceRecord, ReadCard, SignWithPhone, VerifyPinAndSign
from terminal.session.events import (
    CardFailed,
    CardRead,
    CodeRefused,
    Event,
    PhoneRefused,
    PhoneSigned,
    PinRefused,
    PinSigned,
)

log = logging.getLogger(__name__)

PIN_SESSION_SECONDS = 120.0
"""Seconds that the card stays connected after PIN verification, so that it can sign the decision."""
SIGN_TIMEOUT = 1.0
"""Maximum seconds to wait for the card's signature on the decision."""


class CardDesk:
    """Performs card effects.

    `reading` opens cards. A device that does not respond delays shutdown by at most `patience` seconds.
    """

    def __init__(
        self,
        slot: CardSlot,
        anchors: Callable[[], TrustAnchors],
        reading: CardOpener = DEFAULT_OPENER,
        patience: float = 5.0,
    ) -> None:
        self.slot = slot
        self._patience = patience
        self._anchors = anchors
        self._reading = reading
        self._worker = Worker("card")
        self._link: CardLink | None = None
        self._card: MyNumberCard | None = None
        self._insertion = 0
        self._medium = Medium.CARD
        self._pin_open: asyncio.TimerHandle | None = None

    async def read(self, effect: ReadCard, patient: Patient) -> Event:
        outcome = await self._worker.run(self._read, effect.card, patient)
        if isinstance(outcome, CardFacts):
            return CardRead(effect.reception, effect.effect, outcome)
        return CardFailed(effect.reception, effect.effect, outcome)

    def _read(self, insertion: int, patient: Patient) -> CardFacts | CardReadFailure:
        self._release()
        if patient.wiped:
            return CardGone()
        link = self.slot.connect()
        match link:
            case ReaderBusy() as busy:
                log.warning("%s", busy)
                return busy
            case CardUnreadable() | NotMyNumberCard() | TwoCards() | ReaderLost():
                return link
            case NoCard():
                return CardGone()
        reader = self.slot.in_use
        self._link, self._card, self._insertion = link, self._reading.open(link, reader), insertion
        facts = self._card.read_facts()
        if not isinstance(facts, CardFacts):
            return facts
        self._medium = facts.medium
        if facts.medium is Medium.PHONE_PIN:
            return facts
        certificate = self._card.read_user_certificate()
        if not isinstance(certificate, bytes):
            return certificate
        patient.certificate = None if patient.wiped else certificate
        self._reading.record_longest_read(self._card, reader)
        return facts

    async def can_connect(self) -> bool:
        """Return whether a connection to the card on the reader succeeds. Closes the connection."""
        return await self._worker.run(self._can_connect)

    def _can_connect(self) -> bool:
        if self._link is not None:
            return False
        link = self.slot.connect()
        if isinstance(link, ConnectProblem):
            return False
        link.close()
        return True

    async def open_record(
        self, effect: OpenFaceRecord, patient: Patient, on_photo: Callable[[bytearray], None]
    ) -> tuple[FaceRecord, Authenticity] | CodeRefused | CardFailed:
        """VERIFY the printed code, wipe it from memory, read the face record and check whether it is genuine.

        Calls `on_photo` on the card thread with a copy of the photo, before reading the rest. `on_photo` must wipe it.
        """
        ids = (effect.reception, effect.effect)
        outcome = await self._worker.run(self._open_record, effect.expected_left, patient, on_photo)
        match outcome:
            case CodeWrong(left=left):
                return CodeRefused(*ids, left)
            case CodeLocked():
                return CodeRefused(*ids, 0)
            case CodeNotSent(left=left):
                return CodeRefused(*ids, left)
            case CardGone() | CardUnreadable():
                return CardFailed(*ids, outcome)
            case record, cv_certificate:
                patient.put_record(record, cv_certificate)
                return record, check_face_record(record, cv_certificate, self._anchors())

    def _open_record(
        self, expected_left: int, patient: Patient, on_photo: Callable[[bytearray], None]
    ) -> tuple[FaceRecord, bytes] | CodeWrong | CodeLocked | CodeNotSent | CardGone | CardUnreadable:
        card = self._card
        if card is None or patient.wiped:
            return CardGone()
        try:
            outcome = card.verify_printed_code(patient.code, expected_left)
        finally:
            wipe_buffer(patient.code)
        if not isinstance(outcome, CodeVerified):
            return outcome
        record = card.read_face_record(on_photo)
        if not isinstance(record, FaceRecord):
            return record
        cv_certificate = card.read_cv_certificate()
        if not isinstance(cv_certificate, bytes):
            record.wipe()
            return cv_certificate
        return record, cv_certificate

    async def verify_pin_and_sign(self, effect: VerifyPinAndSign, patient: Patient) -> Event:
        ids = (effect.reception, effect.effect)
        outcome = await self._worker.run(self._verify_pin_and_sign, effect.card, effect.expected_left, patient)
        match outcome:
            case PinVerified():
                self._close_pin_after(PIN_SESSION_SECONDS)
                return PinSigned(*ids)
            case PinWrong(left=left):
                return PinRefused(*ids, left, sent=True)
            case PinLocked():
                return PinRefused(*ids, 0, sent=True)
            case PinNotSent(left=left):
                return PinRefused(*ids, left, sent=False)
            case CardGone() | CardUnreadable():
                return CardFailed(*ids, outcome)

    def _verify_pin_and_sign(
        self, insertion: int, expected_left: int, patient: Patient
    ) -> PinVerified | PinWrong | PinLocked | PinNotSent | CardGone | CardUnreadable:
        card = self._card
        pin = patient.pin.take()
        try:
            if card is None or insertion != self._insertion or patient.wiped or patient.challenge is None:
                return CardGone()
            outcome = card.verify_pin(pin, expected_left)
        finally:
            wipe_buffer(pin)
        if not isinstance(outcome, PinVerified):
            return outcome
        if patient.certificate is None:  # a phone returns its certificate only after PIN verification
            certificate = card.read_user_certificate()
            if not isinstance(certificate, bytes):
                return CardUnreadable(operation="certificate after PIN")
            patient.certificate = None if patient.wiped else certificate
        user = None if self._medium is Medium.CARD else UserVerification.PIN
        failure = self._sign(card, patient, user)
        return outcome if failure is None else failure

    async def sign_with_phone(self, effect: SignWithPhone, patient: Patient) -> Event:
        """Have the phone verify its owner and sign the challenge. A missing signature counts as a refusal."""
        failure = await self._worker.run(self._sign_by_phone, effect.card, patient)
        match failure:
            case None:
                return PhoneSigned(effect.reception, effect.effect)
            case CardUnreadable():
                return PhoneRefused(effect.reception, effect.effect)
            case CardGone():
                return CardFailed(effect.reception, effect.effect, failure)

    def _sign_by_phone(self, insertion: int, patient: Patient) -> CardGone | CardUnreadable | None:
        card = self._card
        if card is None or insertion != self._insertion:
            return CardGone()
        return self._sign(card, patient, UserVerification.DEVICE)

    def _sign(
        self, card: MyNumberCard, patient: Patient, user: UserVerification | None
    ) -> CardGone | CardUnreadable | None:
        """Sign the challenge with the certificate's key. Return None on success. `user` is None for a card."""
        if patient.wiped or patient.challenge is None:
            return CardGone()
        challenge = patient.challenge
        signature = card.sign(pin_statement(challenge) if user is None else phone_statement(challenge, user))
        if not isinstance(signature, bytes):
            return signature
        if not patient.wiped:
            patient.signature, patient.phone_user = signature, user
        return None

    async def prove_chip(self, patient: Patient) -> CardGone | CardUnreadable | None:
        """Sign the challenge and the certificate with the chip key, which requires no PIN. Return None on success."""
        return await self._worker.run(self._prove_chip, patient)

    def _prove_chip(self, patient: Patient) -> CardGone | CardUnreadable | None:
        card = self._card
        if card is None or patient.wiped or patient.challenge is None or patient.certificate is None:
            return CardGone()
        signature = card.prove_chip(chip_statement(patient.challenge, sha256(patient.certificate).digest()))
        if not isinstance(signature, bytes):
            return signature
        patient.chip_signature = None if patient.wiped else signature
        return None

    async def sign_decision(self, statement: bytes, way: str) -> bytes | None:
        """Sign the decision with the card key that opened the check. Return None if the card does not sign in time.

        `way` is the method recorded in the ledger. The PIN is not verified again. Phones do not sign decisions,
        because they would have to authenticate their owner a second time.
        """
        if self._medium is not Medium.CARD:
            return None
        try:
            async with asyncio.timeout(SIGN_TIMEOUT):
                return await self._worker.run(self._sign_statement, statement, way.endswith("pin"))
        except TimeoutError:
            log.warning("the card did not sign the decision in time")
            return None

    def _sign_statement(self, statement: bytes, by_pin: bool) -> bytes | None:
        card = self._card
        if card is None:
            return None
        signature = card.sign(statement) if by_pin else card.prove_chip(statement)
        return signature if isinstance(signature, bytes) else None

    def _close_pin_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        insertion = self._insertion

        def close() -> None:
            if self._insertion == insertion:
                log.info("card released: the PIN session timed out")
                self._worker.submit(self._release)

        if self._pin_open is not None:
            self._pin_open.cancel()
        self._pin_open = loop.call_later(seconds, close)

    async def release(self) -> None:
        if self._pin_open is not None:
            self._pin_open.cancel()
            self._pin_open = None
        await self._worker.run(self._release)

    def _release(self) -> None:
        link, self._link, self._card, self._insertion = self._link, None, None, 0
        if link is not None:
            link.close()

    async def close(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self.release()
        except TimeoutError:
            log.error("the card thread is not responding; it will end when the program exits")
        finally:
            self.slot.close()
            self._worker.close(self._patience)
