"""Tests for the announced card generation, which differs only in its profile."""

from datetime import UTC, date, datetime

import pytest
from cryptography import x509

from reader.authenticity import check_face_record, verify_chip_signature, verify_record_proof
from reader.card import MyNumberCard
from reader.chip_key import encode_key_object, parse_key_object
from reader.face_record import FaceRecord
from reader.facts import Authenticity, CardFacts, CodeVerified, NotMyNumberCard, PinVerified, PinWrong
from reader.profile import EC_384_ANNOUNCED, PROFILES, RSA_2048, File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.tlv import MalformedCardData

from .test_reading_at_the_limit import Wire


@pytest.fixture(scope="module")
def announced(authority: TestAuthority, photo: bytes) -> CardImage:
    holder = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15))
    return issue(authority, EC_384_ANNOUNCED, photo, holder=holder, pin="1234", issued_on=date(2028, 10, 1))


def test_receptions_by_pin_and_by_face(announced: CardImage, authority: TestAuthority) -> None:
    card = MyNumberCard(Wire(announced), EC_384_ANNOUNCED)
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.certificate_not_after == datetime(2038, 6, 15, 14, 59, 59, tzinfo=UTC)
    assert facts.card_expiry == date(2038, 7, 15)
    assert card.verify_pin(bytearray(b"0000"), facts.pin_tries_left) == PinWrong(2)
    assert card.verify_pin(bytearray(b"1234"), 2) == PinVerified()
    signature, certificate = card.sign(b"statement"), card.read_user_certificate()
    assert isinstance(signature, bytes)
    assert isinstance(certificate, bytes)
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert verify_chip_signature(key, b"statement", signature)  # type: ignore[arg-type]
    assert not verify_chip_signature(key, b"another", signature)  # type: ignore[arg-type]
    assert not verify_chip_signature(key, b"statement", signature + b"\0")  # type: ignore[arg-type]

    assert card.verify_printed_code(bytearray(announced.printed_code, "ascii"), 10) == CodeVerified()
    record, cv, proof = card.read_face_record(), card.read_cv_certificate(), card.prove_chip(b"statement")
    assert isinstance(record, FaceRecord)
    assert isinstance(cv, bytes)
    assert isinstance(proof, bytes)
    assert check_face_record(record, cv, authority.trust_anchors) is Authenticity.GENUINE
    chip = verify_record_proof(
        bytes(record.group_1),
        record.group_2_digest,
        record.group_3_digest,
        record.signature,
        cv,
        authority.trust_anchors,
    )
    assert not isinstance(chip, Authenticity)
    assert verify_chip_signature(chip, b"statement", proof)


def test_current_profile_does_not_recognise_announced_card(announced: CardImage, image: CardImage) -> None:
    assert MyNumberCard(Wire(announced)).read_facts() == NotMyNumberCard()
    assert MyNumberCard(Wire(image), EC_384_ANNOUNCED).read_facts() == NotMyNumberCard()


def test_both_applications_have_unregistered_identifiers(announced: CardImage) -> None:
    assert PROFILES["ec-384-announced"].announced
    assert not RSA_2048.announced
    assert [app.aid[0] >> 4 for app in EC_384_ANNOUNCED.applications] == [0xF, 0xF]
    assert Password.RESIDENTS_PIN not in announced.passwords
    assert announced.files[File.BASIC_FOUR]
    for app in EC_384_ANNOUNCED.applications:
        ids = [file.fid for file in app.files.values()]
        ids += [password.fid for password in app.passwords.values()]
        ids += [key.fid for key in app.keys.values() if key.fid]
        assert len(ids) == len(set(ids)), app.name


def test_point_off_curve_is_malformed() -> None:
    with pytest.raises(MalformedCardData, match="P-384"):
        parse_key_object(b"\x86\x61\x04" + bytes(96))


def test_key_object_round_trips(announced: CardImage) -> None:
    key = x509.load_der_x509_certificate(announced.files[File.USER_CERTIFICATE]).public_key()
    assert parse_key_object(encode_key_object(key)) == key  # type: ignore[arg-type]
