"""Tests for parsing the face record."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.channel import MAX_FILE_LENGTH
from reader.face_record import FaceRecord, Sex, parse_face_record
from reader.profile import File
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardImage
from reader.softcard.records import face_record
from reader.softcard.rsa import generate
from reader.tlv import MalformedCardData

CHIP = generate(2048)
AUTHORITY = TestAuthority.create()


def build(**changes: Any) -> bytes:
    details: dict[str, Any] = {
        "birth_date": date(1985, 6, 15),
        "sex": Sex.FEMALE,
        "name_image": b"\x89PNG name",
        "address_image": b"\x89PNG address",
        "photo_jp2": b"jp2" * 100,
        "expiry": date(2034, 6, 15),
        "security_code_image": b"\x89PNG code",
    } | changes
    return face_record(AUTHORITY.surface, CHIP.public_key(), **details)


ORDINARY = build()


@given(
    st.dates(date(1868, 1, 25)),
    st.sampled_from(Sex),
    st.binary(max_size=300),
    st.one_of(st.none(), st.binary(min_size=1, max_size=20_000)),
    st.binary(max_size=40),
)
def test_face_records_round_trip(birth_date: date, sex: Sex, image: bytes, photo: bytes | None, padding: bytes) -> None:
    data = build(birth_date=birth_date, sex=sex, name_image=image, photo_jp2=photo)
    record = parse_face_record(data + padding)
    assert (record.birth_date, record.sex, record.name_image, record.photo_jp2) == (birth_date, sex, image, photo)
    assert record.expiry == date(2034, 6, 15)
    assert len(data) <= MAX_FILE_LENGTH


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedCardData):
        parse_face_record(data)


@given(st.integers(0, len(ORDINARY) - 1), st.integers(1, 255))
def test_record_with_changed_byte_is_parsed_or_malformed(position: int, flip: int) -> None:
    changed = bytearray(ORDINARY)
    changed[position] ^= flip
    try:
        assert isinstance(parse_face_record(changed), FaceRecord)
    except MalformedCardData:
        return


@given(st.integers(0, len(ORDINARY) - 1))
def test_truncated_record_is_malformed(length: int) -> None:
    with pytest.raises(MalformedCardData):
        parse_face_record(ORDINARY[:length])


def test_wrong_offset_table_is_malformed(image: CardImage) -> None:
    content = bytearray(image.files[File.FACE_RECORD])
    content[9] ^= 1
    with pytest.raises(MalformedCardData, match="offset table"):
        parse_face_record(content)


@pytest.mark.parametrize("day", [b"19850231", b"1985 615", b"00000000"])
def test_impossible_birth_date_is_malformed(day: bytes) -> None:
    with pytest.raises(MalformedCardData, match="date"):
        parse_face_record(ORDINARY.replace(b"19850615", day, 1))


def test_wiping_record_clears_its_personal_data() -> None:
    record = parse_face_record(ORDINARY)
    buffers = [record.name_image, record.address_image, record.photo_jp2, record.group_1]
    record.wipe()
    record.wipe()
    for buffer in buffers:
        assert buffer
        assert not any(buffer)
    assert (record.birth_date, record.sex) == (None, None)


def test_parsed_record_does_not_share_file_buffer() -> None:
    data = bytearray(ORDINARY)
    record = parse_face_record(data)
    data[:] = bytes(len(data))
    assert record.photo_jp2 == b"jp2" * 100


def test_repr_of_record_has_no_personal_data() -> None:
    text = repr(parse_face_record(ORDINARY))
    for part in ("1985", "PNG", "jp2", "FEMALE"):
        assert part not in text
