"""Receptions from card insertion to removal, in process and through the real pcscd."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from reader.authenticity import check_face_record, verify_chip_signature, verify_record_proof
from reader.card import MyNumberCard
from reader.face_record import FaceRecord, Sex
from reader.facts import (
    Authenticity,
    CardFacts,
    CardUnreadable,
    CodeLocked,
    CodeNotSent,
    CodeVerified,
    CodeWrong,
    NoCertificate,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinVerified,
    PinWrong,
)
from reader.profile import RSA_2048, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue, mix

if TYPE_CHECKING:
    from .conftest import Counter

Present = Callable[[CardImage], MyNumberCard]
STATEMENT = b"challenge of the qualification-check service"


def test_facts_are_read_without_pin_or_code(present: Present, image: CardImage) -> None:
    assert present(image).read_facts() == CardFacts(
        certificate_not_before=datetime(2025, 3, 31, 15, 0, tzinfo=UTC),
        certificate_not_after=datetime(2029, 6, 15, 14, 59, 59, tzinfo=UTC),
        card_expiry=date(2034, 6, 15),
        pin_tries_left=3,
        code_tries_left=10,
        certificate_policies=("1.2.392.200149.8.5.1.0.30",),
    )


def test_reception_by_pin(present: Present, image: CardImage) -> None:
    card = present(image)
    certificate = card.read_user_certificate()
    assert isinstance(certificate, bytes)
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == PinVerified()
    signature = card.sign(STATEMENT)
    assert isinstance(signature, bytes)
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signature, STATEMENT, PKCS1v15(), SHA256())


def test_reception_by_face(
    present: Present, counter: "Counter", image: CardImage, authority: TestAuthority, photo: bytes
) -> None:
    card = present(image)
    code = counter.scanner.scan()
    assert code is not None
    assert card.verify_printed_code(code, expected_left=10) == CodeVerified()
    record = card.read_face_record()
    certificate = card.read_cv_certificate()
    proof = card.prove_chip(STATEMENT)
    assert isinstance(record, FaceRecord)
    assert isinstance(certificate, bytes)
    assert isinstance(proof, bytes)
    assert (record.photo_jp2, record.birth_date, record.sex) == (photo, date(1985, 6, 15), Sex.FEMALE)
    assert check_face_record(record, certificate, authority.trust_anchors) is Authenticity.GENUINE
    # The service can verify the chip without the photo or the name.
    chip_key = verify_record_proof(
        bytes(record.group_1),
        record.group_2_digest,
        record.group_3_digest,
        record.signature,
        certificate,
        authority.trust_anchors,
    )
    assert isinstance(chip_key, RSAPublicKey)
    assert verify_chip_signature(chip_key, STATEMENT, proof)
    assert not verify_chip_signature(chip_key, STATEMENT + b"!", proof)
    assert image.public_facts().chip_key_sha256 == hashlib.sha256(record.chip_public_key).hexdigest()


def test_correct_pin_after_wrong_pin(present: Present, image: CardImage) -> None:
    card = present(image)
    assert card.verify_pin(bytearray(b"4321"), expected_left=3) == PinWrong(left=2)
    assert isinstance(card.sign(STATEMENT), CardUnreadable)
    assert card.verify_pin(bytearray(b"1234"), expected_left=2) == PinVerified()
    assert isinstance(card.sign(STATEMENT), bytes)
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.pin_tries_left == 3


def test_three_wrong_pins_lock_pin_but_not_printed_code(present: Present, counter: "Counter", image: CardImage) -> None:
    card = present(image)
    outcomes = [card.verify_pin(bytearray(b"0000"), expected_left=left) for left in (3, 2, 1)]
    assert outcomes == [PinWrong(2), PinWrong(1), PinLocked()]
    assert card.verify_pin(bytearray(b"1234"), expected_left=0) == PinLocked()
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.pin_unavailable
    code = counter.scanner.scan()
    assert code is not None
    assert card.verify_printed_code(code, expected_left=10) == CodeVerified()


def test_no_pin_or_code_is_sent_if_counter_differs(present: Present, image: CardImage) -> None:
    image.passwords[Password.USER_PIN].left = 1
    image.passwords[Password.PRINTED_CODE].left = 4
    card = present(image)
    assert card.verify_pin(bytearray(b"0000"), expected_left=3) == PinNotSent(left=1)
    assert card.verify_printed_code(bytearray(b"00000000000000"), expected_left=10) == CodeNotSent(left=4)
    assert image.passwords[Password.USER_PIN].left == 1
    assert image.passwords[Password.PRINTED_CODE].left == 4


def test_pinless_card_reports_locked_pin_and_accepts_printed_code(
    present: Present, counter: "Counter", authority: TestAuthority, holder: Holder, photo: bytes
) -> None:
    pinless = issue(authority, RSA_2048, photo, holder=holder, pin=None, issued_on=date(2025, 4, 1))
    card = present(pinless)
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.pin_unavailable
    assert card.verify_pin(bytearray(b"1234"), expected_left=0) == PinLocked()
    code = counter.scanner.scan()
    assert code is not None
    assert card.verify_printed_code(code, expected_left=10) == CodeVerified()


def test_wrong_printed_codes_lock_face_record(present: Present, image: CardImage) -> None:
    image.passwords[Password.PRINTED_CODE].left = 2
    card = present(image)
    wrong_code = bytearray(b"60061520340000")
    wrong_code[13] = ord("1") if image.printed_code.endswith("0") else ord("0")
    assert card.verify_printed_code(wrong_code, expected_left=2) == CodeWrong(left=1)
    assert card.verify_printed_code(wrong_code, expected_left=1) == CodeLocked()
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=0) == CodeLocked()
    assert card.read_face_record() == CardUnreadable(0x6982, "read face record")


def test_signing_and_face_record_require_verification(present: Present, image: CardImage) -> None:
    card = present(image)
    assert card.sign(STATEMENT) == CardUnreadable(0x6982, "sign")
    assert card.read_face_record() == CardUnreadable(0x6982, "read face record")
    assert isinstance(card.prove_chip(STATEMENT), bytes)


def test_pin_must_be_verified_again_for_next_patient(present: Present, counter: "Counter", image: CardImage) -> None:
    card = present(image)
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == PinVerified()
    counter.end_reception()
    next_card = MyNumberCard(counter.connect())
    assert next_card.sign(STATEMENT) == CardUnreadable(0x6982, "sign")


def test_card_without_certificate(present: Present, authority: TestAuthority, holder: Holder, photo: bytes) -> None:
    image = issue(
        authority, RSA_2048, photo, holder=holder, pin="1234", issued_on=date(2025, 4, 1), with_certificates=False
    )
    assert image.public_facts().certificate_sha256 is None
    card = present(image)
    assert card.read_facts() == NoCertificate()
    assert card.read_user_certificate() == NoCertificate()


def test_infants_card_has_no_photo_and_is_genuine(present: Present, authority: TestAuthority) -> None:
    baby = Holder("試験　赤子", "東京都模擬区１－２－３", date(2025, 3, 3))
    image = issue(authority, RSA_2048, None, holder=baby, pin="1234", issued_on=date(2025, 8, 1))
    card = present(image)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=10) == CodeVerified()
    record = card.read_face_record()
    certificate = card.read_cv_certificate()
    assert isinstance(record, FaceRecord)
    assert isinstance(certificate, bytes)
    assert record.photo_jp2 is None
    assert check_face_record(record, certificate, authority.trust_anchors) is Authenticity.GENUINE


def test_mixed_card_has_chip_of_another_card(present: Present, image: CardImage, second_image: CardImage) -> None:
    card = present(mix(chip_source=image, certificate_source=second_image))
    certificate = card.read_user_certificate()
    assert certificate == second_image.public_facts().certificate_der
    assert card.verify_pin(bytearray(b"9876"), expected_left=3) == PinVerified()
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=10) == CodeVerified()
    record = card.read_face_record()
    assert isinstance(record, FaceRecord)
    assert record.chip_public_key == image.public_facts().chip_key_der


def test_transit_card_is_not_a_my_number_card(present: Present, image: CardImage) -> None:
    image.profile = "transit"
    with pytest.MonkeyPatch.context() as patch:
        from reader import profile

        transit = profile.CardProfile("transit", bytes.fromhex("3B00"), profile.Algorithm.RSA_2048_SHA_256, ())
        patch.setitem(profile.PROFILES, "transit", transit)
        assert present(image).read_facts() == NotMyNumberCard()


@pytest.mark.parametrize("pin", [b"", b"123", b"12345", b"12a4", b"    "])
def test_pin_must_be_four_digits(pin: bytes, image: CardImage) -> None:
    from reader.softcard.card import SoftCard
    from reader.softcard.slot import SimulatedSlot

    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    link = slot.connect()
    with pytest.raises(ValueError, match="4 digits") as caught:
        MyNumberCard(link).verify_pin(bytearray(pin), expected_left=3)  # type: ignore[arg-type]
    assert repr(pin) not in str(caught.value)
    assert image.passwords[Password.USER_PIN].left == 3
