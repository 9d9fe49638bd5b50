"""Tests for reading and writing the TLV objects of card files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.tlv import (
    MAX_LENGTH,
    MAX_OBJECTS,
    MalformedCardData,
    children,
    encode,
    encode_list,
    header,
    parse_list,
    parse_one,
    total_length,
)

tags = st.sampled_from([0x30, 0x90, 0x5F4E, 0x7F21, 0xDF21, 0xFF20])


@given(st.lists(st.tuples(tags, st.binary(max_size=300)), max_size=8))
def test_lists_round_trip(objects: list[tuple[int, bytes]]) -> None:
    parsed = parse_list(encode_list(objects))
    assert [(item.tag, bytes(item.value)) for item in parsed] == objects


@given(st.lists(st.tuples(tags, st.binary(max_size=300)), max_size=8), st.binary(max_size=20))
def test_children_have_offsets_in_file(objects: list[tuple[int, bytes]], padding: bytes) -> None:
    data = encode(0xFF20, encode_list(objects)) + padding
    for child in children(parse_one(data), data):
        assert data[child.offset : child.offset + len(child.encoded)] == child.encoded


@given(st.binary(max_size=64))
def test_arbitrary_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        objects = parse_list(data)
    except MalformedCardData:
        return
    assert b"".join(bytes(item.encoded) for item in objects) == data


@given(tags, st.integers(0, 0x7FFF))
def test_first_block_contains_total_length(tag: int, length: int) -> None:
    encoded = encode(tag, bytes(length))
    assert total_length(encoded[:256]) == len(encoded)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x30\x80\x00\x00", "indefinite"),
        (b"\x30\x84\x00\x00\x00\x01\x00", "length field"),
        (b"\x30\x83\x01\x00\x00", "longer than a card file"),
        (b"\x5f\x81\x81\x01\x00", "tag is longer"),
        (b"\x30\x82\x01", "object header is truncated"),
        (b"\x30\x05\x00", "object value is truncated"),
        (b"", "object header is truncated"),
    ],
)
def test_malformed_objects_are_refused_with_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedCardData, match=reason):
        parse_one(data)


def test_too_many_objects_are_refused() -> None:
    with pytest.raises(MalformedCardData, match="too many objects"):
        parse_list(encode_list([(0x30, b"")] * (MAX_OBJECTS + 1)))


def test_primitive_object_has_no_children() -> None:
    data = encode(0xDF22, encode(0x30, b""))
    with pytest.raises(MalformedCardData, match="not constructed"):
        children(parse_one(data), data)


def test_encoding_object_longer_than_card_file_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        encode(0x30, bytes(MAX_LENGTH + 1))


def test_repr_omits_the_value() -> None:
    assert "secret" not in repr(parse_one(encode(0xDF22, b"secret")))
    assert header(b"\x30\x82\x01\x00") == (0x30, 4, 256)
