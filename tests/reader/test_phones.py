"""Tests for certificates on phones."""

from datetime import date

import pytest

from reader.apdu import INS
from reader.card import MyNumberCard
from reader.facts import CardFacts, CardGone, CardUnreadable, Medium, PinLocked, PinNotSent, PinVerified, PinWrong
from reader.profile import File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.kinds import issue_kind

from .test_reading_at_the_limit import Wire

TODAY = date(2026, 11, 26)
pytestmark = pytest.mark.usefixtures("ready_made_keys")


def phone(authority: TestAuthority, kind: str, tries_left: int | None = None) -> CardImage:
    return issue_kind(kind, authority, today=TODAY, tries_left=tries_left)


def test_android_certificate_is_readable_after_its_pin(authority: TestAuthority) -> None:
    image = phone(authority, "phone-android")
    wire = Wire(image)
    card = MyNumberCard(wire)
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert (facts.medium, facts.pin_tries_left, facts.certificate_not_after) == (Medium.PHONE_PIN, 3, None)
    assert len(wire.sent) == 4, "surface, JPKI, token and counter"
    assert card.read_user_certificate() == CardUnreadable(0x6982, "read user certificate")
    assert card.verify_pin(bytearray(b"9999"), 3) == PinWrong(2)
    assert card.verify_pin(bytearray(b"1234"), 3) == PinNotSent(2)
    assert card.verify_pin(bytearray(b"1234"), 2) == PinVerified()
    assert card.read_user_certificate() == image.files[File.USER_CERTIFICATE]
    assert isinstance(card.sign(b"statement"), bytes)


def test_pin_is_not_sent_to_different_phone(authority: TestAuthority) -> None:
    first, second = SoftCard(phone(authority, "phone-android")), SoftCard(phone(authority, "phone-android"))
    wire = Wire(first.image, lambda apdu: inserted.transmit(apdu))
    inserted = first
    card = MyNumberCard(wire)
    assert isinstance(card.read_facts(), CardFacts)
    inserted = second
    assert card.verify_pin(bytearray(b"1234"), 3) == CardGone()
    assert second.image.passwords[Password.USER_PIN].left == 3


def test_phone_with_locked_pin(authority: TestAuthority) -> None:
    card = MyNumberCard(Wire(phone(authority, "phone-android", tries_left=0)))
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.pin_unavailable
    assert card.verify_pin(bytearray(b"1234"), 0) == PinLocked()


def test_iphone_signs_without_pin_after_its_owner_confirms(authority: TestAuthority) -> None:
    image = phone(authority, "phone-iphone")
    wire = Wire(image)
    card = MyNumberCard(wire)
    facts = card.read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.medium is Medium.PHONE_VERIFIES
    assert facts.certificate_not_after is not None
    assert card.read_user_certificate() == image.files[File.USER_CERTIFICATE]
    wire.card.owner_confirms = False
    assert card.sign(b"statement") == CardUnreadable(0x6985, "sign")
    wire.card.owner_confirms = True
    assert isinstance(card.sign(b"statement"), bytes)
    assert not any(apdu[1] == INS.VERIFY for apdu in wire.sent)


def test_phones_have_no_face_record_and_no_printed_code(authority: TestAuthority) -> None:
    for kind in ("phone-android", "phone-iphone"):
        image = phone(authority, kind)
        card = MyNumberCard(Wire(image))
        assert isinstance(card.read_facts(), CardFacts)
        assert isinstance(card.read_face_record(), CardUnreadable)
        assert image.printed_code == ""
        assert (image.is_phone, image.public_facts().chip_key_sha256) == (True, None)
