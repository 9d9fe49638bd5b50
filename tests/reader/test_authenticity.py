"""Tests for the authenticity check: genuine cards, forged cards and cards from an unknown issuer."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.authenticity import (
    TrustAnchorError,
    TrustAnchors,
    check_face_record,
    load_trust_anchors,
    parse_cv_certificate,
    verify_chip_signature,
    verify_record_proof,
)
from reader.face_record import FaceRecord, parse_face_record
from reader.facts import Authenticity
from reader.profile import File
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.tlv import MalformedCardData


@pytest.fixture
def record(image: CardImage) -> FaceRecord:
    return parse_face_record(image.files[File.FACE_RECORD])


@pytest.fixture
def cv_certificate(image: CardImage) -> bytes:
    return image.files[File.SURFACE_CV_CERTIFICATE]


def test_genuine_card(record: FaceRecord, cv_certificate: bytes, authority: TestAuthority) -> None:
    assert check_face_record(record, cv_certificate, authority.trust_anchors) is Authenticity.GENUINE


def test_replaced_photo_is_forged(
    image: CardImage, photo: bytes, cv_certificate: bytes, authority: TestAuthority
) -> None:
    content = image.files[File.FACE_RECORD]
    forged = content.replace(photo, photo[:-1] + b"!")
    assert forged != content
    record = parse_face_record(forged)
    assert check_face_record(record, cv_certificate, authority.trust_anchors) is Authenticity.FORGED


@pytest.mark.parametrize("part", ["group_1", "group_2_digest", "group_3_digest", "signature"])
def test_each_part_of_proof_is_signed(
    part: str, record: FaceRecord, cv_certificate: bytes, authority: TestAuthority
) -> None:
    changed = bytearray(getattr(record, part))
    changed[8] ^= 1
    setattr(record, part, changed if part == "group_1" else bytes(changed))
    assert check_face_record(record, cv_certificate, authority.trust_anchors) is Authenticity.FORGED


def test_expiry_is_not_signed(image: CardImage, cv_certificate: bytes, authority: TestAuthority) -> None:
    record = parse_face_record(image.files[File.FACE_RECORD].replace(b"20340615", b"20440615"))
    assert check_face_record(record, cv_certificate, authority.trust_anchors) is Authenticity.GENUINE


def test_certificate_with_bad_signature_is_forged(
    record: FaceRecord, cv_certificate: bytes, authority: TestAuthority
) -> None:
    changed = cv_certificate[:-1] + bytes((cv_certificate[-1] ^ 1,))
    assert check_face_record(record, changed, authority.trust_anchors) is Authenticity.FORGED
    assert check_face_record(record, b"\x7f\x21\x00", authority.trust_anchors) is Authenticity.FORGED


def test_card_from_other_authority_with_same_key_id_is_forged(
    image: CardImage, record: FaceRecord, cv_certificate: bytes
) -> None:
    other = TestAuthority.create()
    assert check_face_record(record, cv_certificate, other.trust_anchors) is Authenticity.FORGED


def test_card_without_matching_trust_anchor_cannot_be_checked(record: FaceRecord, cv_certificate: bytes) -> None:
    assert check_face_record(record, cv_certificate, TrustAnchors({})) is Authenticity.UNVERIFIABLE


def test_cloned_chip_does_not_have_signed_key(
    image: CardImage, second_image: CardImage, record: FaceRecord, cv_certificate: bytes, authority: TestAuthority
) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    from reader.profile import Key
    from reader.softcard.rsa import load_key

    key = verify_record_proof(
        bytes(record.group_1),
        record.group_2_digest,
        record.group_3_digest,
        record.signature,
        cv_certificate,
        authority.trust_anchors,
    )
    assert not isinstance(key, Authenticity)
    clone, original = load_key(second_image.keys[Key.CHIP]), load_key(image.keys[Key.CHIP])
    assert not verify_chip_signature(key, b"challenge", clone.sign(b"challenge", PKCS1v15(), SHA256()))
    assert verify_chip_signature(key, b"challenge", original.sign(b"challenge", PKCS1v15(), SHA256()))
    assert not verify_chip_signature(key, b"challenge", b"")


@given(st.binary(max_size=700))
def test_arbitrary_certificates_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedCardData):
        parse_cv_certificate(data)


@given(st.data())
def test_arbitrary_proofs_are_never_genuine(data: st.DataObject) -> None:
    group_1, group_2, group_3, signature, certificate = (data.draw(st.binary(max_size=300)) for _ in range(5))
    outcome = verify_record_proof(group_1, group_2, group_3, signature, certificate, TrustAnchors({}))
    assert outcome is Authenticity.FORGED


def test_authority_is_created_once_and_loaded_from_its_file(tmp_path: Path, image: CardImage) -> None:
    first = TestAuthority.load_or_create(tmp_path / "state" / "authority")
    second = TestAuthority.load_or_create(tmp_path / "state" / "authority")
    assert first.user_ca.certificate_der == second.user_ca.certificate_der
    assert first.surface.cv_certificate == second.surface.cv_certificate
    assert first.trust_anchors_file is not None
    assert load_trust_anchors([first.trust_anchors_file]) == second.trust_anchors
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state" / "authority").iterdir()}
    assert modes == {"authority.json": 0o600, "trust-anchors.json": 0o600}


def test_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="no readable test authority"):
        TestAuthority.load_or_create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "anchors.json"),
        ("[]", "member"),
        ("{}", "member"),
        ('{"format": "other"}', "format"),
        ('{"format": "uketsuke-trust-anchors/1", "anchors": [1]}', "member"),
        (json.dumps({"format": "uketsuke-trust-anchors/1", "anchors": [{"key_id": "00", "public_key": "x"}]}), "json"),
    ],
)
def test_error_names_invalid_anchor_file(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "anchors.json"
    path.write_text(content)
    with pytest.raises(TrustAnchorError, match=reason):
        load_trust_anchors([path])
    with pytest.raises(TrustAnchorError, match="cannot be read"):
        load_trust_anchors([tmp_path / "nowhere.json"])
