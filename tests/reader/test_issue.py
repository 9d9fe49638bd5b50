"""Tests for issuing test cards."""

from datetime import date

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from reader.face_record import parse_face_record
from reader.profile import RSA_2048, File, Password
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue, mix


def test_certificates_chain_to_test_authority(image: CardImage, authority: TestAuthority) -> None:
    for file, ca, oid in (
        (File.USER_CERTIFICATE, authority.user_ca, "1.2.392.200149.8.5.1.0.30"),
        (File.SIGNATURE_CERTIFICATE, authority.signature_ca, "1.2.392.200149.8.5.1.0.20"),
    ):
        certificate = x509.load_der_x509_certificate(image.files[file])
        certificate.verify_directly_issued_by(ca.certificate)
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
        assert policies.critical
        assert [policy.policy_identifier.dotted_string for policy in policies.value] == [oid]


def test_authentication_certificate_has_no_personal_data(image: CardImage, holder: Holder) -> None:
    der = image.files[File.USER_CERTIFICATE]
    assert holder.name.encode() not in der
    assert b"1985" not in der
    assert holder.name.encode() in image.files[File.SIGNATURE_CERTIFICATE]


def test_test_certificates_are_marked_as_test(authority: TestAuthority) -> None:
    assert "TEST" in authority.user_ca.certificate.subject.rfc4514_string()


def test_text_records_are_signed_by_municipality(image: CardImage, authority: TestAuthority) -> None:
    from reader.authenticity import parse_cv_certificate
    from reader.tlv import children, parse_one

    certificate = parse_cv_certificate(image.files[File.TEXT_CV_CERTIFICATE])
    for file in (File.TEXT_INTEGRITY, File.TEXT_PUBLIC_KEY):
        content = image.files[file]
        *signed, signature = children(parse_one(content), content)
        covered = b"".join(bytes(part.encoded) for part in signed)
        certificate.public_key.verify(bytes(signature.value), covered, PKCS1v15(), SHA256())
    assert certificate.issuer in authority.trust_anchors.keys


def test_two_cards_share_no_keys_or_ids(image: CardImage, second_image: CardImage) -> None:
    assert image.card_id != second_image.card_id
    assert not set(image.keys.values()) & set(second_image.keys.values())
    assert image.public_facts() != second_image.public_facts()


def test_mixed_card_has_certificate_and_pin_of_another_card(image: CardImage, second_image: CardImage) -> None:
    mixed = mix(chip_source=image, certificate_source=second_image)
    facts = mixed.public_facts()
    assert facts.chip_key_sha256 == image.public_facts().chip_key_sha256
    assert facts.certificate_sha256 == second_image.public_facts().certificate_sha256
    assert mixed.passwords[Password.USER_PIN] == second_image.passwords[Password.USER_PIN]
    assert mixed.printed_code == image.printed_code
    mixed.passwords[Password.USER_PIN].left = 0
    assert second_image.passwords[Password.USER_PIN].left == 3, "the source cards have separate counters"


def test_issuing_with_explicit_dates_tries_and_code(authority: TestAuthority, holder: Holder, photo: bytes) -> None:
    image = issue(
        authority,
        RSA_2048,
        photo,
        holder=holder,
        pin="1234",
        issued_on=date(2015, 11, 1),
        pin_tries_left=1,
        code_tries_left=4,
        security_code="0077",
        expires_on=date(2026, 1, 31),
        certificate_ends_on=date(2025, 12, 31),
    )
    assert image.printed_code == "60061520260077"
    assert (image.passwords[Password.USER_PIN].left, image.passwords[Password.PRINTED_CODE].left) == (1, 4)
    ends = x509.load_der_x509_certificate(image.files[File.USER_CERTIFICATE]).not_valid_after_utc
    assert ends.isoformat() == "2025-12-31T14:59:59+00:00"
    assert parse_face_record(image.files[File.FACE_RECORD]).expiry == date(2026, 1, 31)


@pytest.mark.parametrize("pin", ["", "123", "12345", "abcd", "１２３４"])
def test_issuing_with_invalid_pin_is_refused(authority: TestAuthority, holder: Holder, pin: str) -> None:
    with pytest.raises(ValueError, match="4 digits"):
        issue(authority, RSA_2048, None, holder=holder, pin=pin, issued_on=date(2025, 4, 1))


def test_individual_number_has_wrong_check_digit(image: CardImage) -> None:
    digits = [int(digit) for digit in image.passwords[Password.NUMBER_A].reference or ""]
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
    assert len(digits) == 12
    assert digits[-1] != (0 if remainder <= 1 else 11 - remainder)


def test_issuing_with_photo_over_size_limit_is_refused(authority: TestAuthority, holder: Holder) -> None:
    with pytest.raises(ValueError, match="photo"):
        issue(authority, RSA_2048, bytes(40_000), holder=holder, pin="1234", issued_on=date(2025, 4, 1))
