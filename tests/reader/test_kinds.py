"""Tests for each kind of test card, as read by the terminal."""

from datetime import date

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from reader.authenticity import check_face_record, verify_chip_signature
from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import (
    Authenticity,
    CardFacts,
    CardUnreadable,
    CodeLocked,
    CodeVerified,
    NoCertificate,
    PinLocked,
    PinVerified,
)
from reader.profile import EC_384_ANNOUNCED, File, Key, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder
from reader.softcard.kinds import KINDS, issue_kind
from reader.softcard.validity import LimitedStay

from .test_reading_at_the_limit import Wire

pytestmark = pytest.mark.usefixtures("ready_made_keys")
TODAY = date(2026, 11, 22)


class PresentedCard:
    """A card of one kind and its facts."""

    def __init__(self, kind: str, authority: TestAuthority, **details: object) -> None:
        self.image: CardImage = issue_kind(kind, authority, today=TODAY, **details)  # type: ignore[arg-type]
        self.card = MyNumberCard(Wire(self.image))
        self.facts = self.card.read_facts()

    @property
    def card_facts(self) -> CardFacts:
        assert isinstance(self.facts, CardFacts), self.facts
        return self.facts

    def record(self) -> FaceRecord:
        code = bytearray(self.image.printed_code, "ascii")
        assert self.card.verify_printed_code(code, self.card_facts.code_tries_left) == CodeVerified()
        record = self.card.read_face_record()
        assert isinstance(record, FaceRecord)
        return record

    def authenticity(self, authority: TestAuthority) -> Authenticity:
        certificate = self.card.read_cv_certificate()
        assert isinstance(certificate, bytes)
        return check_face_record(self.record(), certificate, authority.trust_anchors)

    def certificate_key(self) -> RSAPublicKey:
        certificate = self.card.read_user_certificate()
        assert isinstance(certificate, bytes)
        key = x509.load_der_x509_certificate(certificate).public_key()
        assert isinstance(key, RSAPublicKey)
        return key


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_issued_saved_and_read(kind: str, authority: TestAuthority, tmp_path: object) -> None:
    from reader.softcard.card_image import CardFile

    presented = PresentedCard(kind, authority)
    path = tmp_path / "card.json"  # type: ignore[operator]
    CardFile(path).save(presented.image)
    assert CardFile(path).load() == presented.image
    assert isinstance(presented.facts, NoCertificate if kind == "without-certificates" else CardFacts)
    assert 10 < len(KINDS[kind].description) < 90


def test_ordinary_card(authority: TestAuthority) -> None:
    presented = PresentedCard("ordinary", authority, pin="4711", photo_kb=15)
    assert presented.card.verify_pin(bytearray(b"4711"), presented.card_facts.pin_tries_left) == PinVerified()
    assert presented.authenticity(authority) is Authenticity.GENUINE
    photo = presented.record().photo_jp2
    assert photo is not None
    assert len(photo) == pytest.approx(15 * 1024, rel=0.03)


def test_child_and_infant_cards(authority: TestAuthority) -> None:
    child, infant = PresentedCard("child", authority), PresentedCard("infant", authority)
    assert Key.SIGNATURE not in child.image.keys
    assert child.record().photo_jp2 is not None
    assert infant.record().photo_jp2 is None
    assert infant.authenticity(authority) is Authenticity.GENUINE


@pytest.mark.parametrize("kind", ["pinless", "pin-locked"])
def test_pinless_and_locked_cards_both_report_locked_pin(kind: str, authority: TestAuthority) -> None:
    presented = PresentedCard(kind, authority)
    assert presented.card_facts.pin_unavailable
    assert presented.card.verify_pin(bytearray(b"1234"), 0) == PinLocked()
    assert presented.authenticity(authority) is Authenticity.GENUINE


def test_card_with_few_pin_tries_left(authority: TestAuthority) -> None:
    assert PresentedCard("tries-left", authority).card_facts.pin_tries_left == 1
    assert PresentedCard("tries-left", authority, tries_left=2).card_facts.pin_tries_left == 2


def test_card_with_locked_code(authority: TestAuthority) -> None:
    presented = PresentedCard("code-locked", authority)
    assert presented.card_facts.code_locked
    code = bytearray(presented.image.printed_code, "ascii")
    assert presented.card.verify_printed_code(code, 0) == CodeLocked()
    assert isinstance(presented.card.read_face_record(), CardUnreadable)
    assert presented.card.verify_pin(bytearray(b"1234"), 3) == PinVerified()


@pytest.mark.parametrize(
    ("kind", "ends"),
    [("expiring", date(2026, 12, 22)), ("in-grace", date(2026, 10, 23)), ("expired", date(2026, 5, 6))],
)
def test_certificate_end_dates(kind: str, ends: date, authority: TestAuthority) -> None:
    presented = PresentedCard(kind, authority)
    assert presented.card_facts.certificate_not_after is not None
    assert presented.card_facts.certificate_not_before is not None
    assert presented.card_facts.certificate_not_after.date() == ends
    assert presented.image.issued_on < ends <= presented.image.expires_on
    assert presented.card_facts.certificate_not_before.date() < ends


def test_foreign_residents_card(authority: TestAuthority) -> None:
    presented = PresentedCard("foreign-resident", authority)
    assert presented.card_facts.card_expiry == date(2028, 11, 22)
    assert presented.image.printed_code[:6] == "960203"
    holder = Holder("EXAMPLE　KIM", "東京都模擬区１－２－３", date(1990, 5, 5))
    assert PresentedCard("foreign-resident", authority, holder=holder).image.printed_code[:6] == "900505"
    visitor = Holder("EXAMPLE　KIM", "東京都", date(1990, 5, 5), residence=LimitedStay(date(2027, 1, 31)))
    assert PresentedCard("foreign-resident", authority, holder=visitor).card_facts.card_expiry == date(2027, 1, 31)


def test_card_with_forged_photo(authority: TestAuthority) -> None:
    presented = PresentedCard("forged-photo", authority)
    assert presented.authenticity(authority) is Authenticity.FORGED
    assert presented.card.verify_pin(bytearray(b"1234"), 3) == PinVerified(), (
        "a reception by PIN does not depend on the photo"
    )


def test_card_with_cloned_chip(authority: TestAuthority) -> None:
    presented = PresentedCard("cloned-chip", authority)
    assert presented.authenticity(authority) is Authenticity.GENUINE, "its files are genuine"
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    chip = load_der_public_key(presented.record().chip_public_key)
    proof = presented.card.prove_chip(b"statement")
    assert isinstance(proof, bytes)
    assert not verify_chip_signature(chip, b"statement", proof)  # type: ignore[arg-type]
    assert presented.card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
    signature = presented.card.sign(b"statement")
    assert isinstance(signature, bytes)
    assert not verify_chip_signature(presented.certificate_key(), b"statement", signature)


def test_mixed_card(authority: TestAuthority) -> None:
    presented = PresentedCard("mixed", authority)
    assert presented.authenticity(authority) is Authenticity.GENUINE
    assert presented.card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
    signature = presented.card.sign(b"statement")
    assert isinstance(signature, bytes)
    assert verify_chip_signature(presented.certificate_key(), b"statement", signature)


def test_issuing_with_custom_photo(authority: TestAuthority, photo: bytes) -> None:
    assert PresentedCard("ordinary", authority, portrait_jp2=photo).record().photo_jp2 == photo


def test_issuing_announced_generation_card(authority: TestAuthority) -> None:
    image = issue_kind("ordinary", authority, today=TODAY, profile=EC_384_ANNOUNCED)
    assert isinstance(MyNumberCard(Wire(image), EC_384_ANNOUNCED).read_facts(), CardFacts)
    assert Password.COMMON_PIN not in image.passwords
    assert image.files[File.FACE_RECORD]


@pytest.mark.parametrize(
    ("kind", "details", "reason"),
    [
        ("golden", {}, "known: ordinary"),
        ("child", {"holder": Holder("模擬　花子", "東京都", date(1985, 6, 15))}, "ages 1 to 14"),
        ("infant", {"holder": Holder("模擬　花子", "東京都", date(2020, 6, 15))}, "ages 0 to 0"),
        ("tries-left", {"tries_left": 4}, "0 to 3"),
        ("ordinary", {"pin": "12"}, "4 digits"),
        ("ordinary", {"photo_kb": 50}, "2 to 27"),
    ],
)
def test_unknown_kinds_and_invalid_details_are_refused(
    kind: str, details: dict[str, object], reason: str, authority: TestAuthority
) -> None:
    with pytest.raises(ValueError, match=reason):
        issue_kind(kind, authority, today=TODAY, **details)  # type: ignore[arg-type]
