"""Tests for encoding and parsing APDUs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.apdu import ApduError, Command, parse_command, parse_response, tries_left

byte = st.integers(0, 255)


@given(
    byte,
    byte,
    byte,
    byte,
    st.binary(max_size=600),
    st.one_of(st.none(), st.integers(1, 256), st.integers(257, 65_536)),
)
def test_commands_round_trip(cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None) -> None:
    parsed = parse_command(Command(cla, ins, p1, p2, data, le).encode())
    assert (parsed.cla, parsed.ins, parsed.p1, parsed.p2, parsed.data, parsed.le) == (cla, ins, p1, p2, data, le)


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (Command(0x00, 0x20, 0x00, 0x80), "00200080"),
        (Command(0x00, 0xB0, 0x01, 0x00, le=256), "00B0010000"),
        (Command(0x00, 0xB0, 0x00, 0x00, le=4096), "00B00000001000"),
        (Command(0x00, 0xB0, 0x00, 0x00, le=65_536), "00B00000000000"),
        (Command(0x00, 0xA4, 0x02, 0x0C, b"\x00\x0a"), "00A4020C02000A"),
        (Command(0x80, 0x2A, 0x00, 0x80, b"\x01", le=256), "802A0080010100"),
        (Command(0x00, 0xA4, 0x04, 0x0C, b"\x01", le=300), "00A4040C000001" + "01" + "012C"),
    ],
)
def test_four_command_cases_are_encoded_short_and_extended(command: Command, encoded: str) -> None:
    assert command.encode() == bytes.fromhex(encoded)


@given(st.binary(max_size=40))
def test_arbitrary_bytes_parse_or_raise_apdu_error(raw: bytes) -> None:
    try:
        command = parse_command(raw)
    except ApduError:
        return
    assert parse_command(command.encode()) == command


@given(st.binary(max_size=300))
def test_response_requires_status_word(raw: bytes) -> None:
    if len(raw) < 2:
        with pytest.raises(ApduError):
            parse_response(raw)
    else:
        assert parse_response(raw).encode() == raw


@pytest.mark.parametrize(("sw", "left"), [(0x63C2, 2), (0x63C0, 0), (0x6984, 0), (0x6983, 0), (0x9000, None)])
def test_tries_left_by_status_word(sw: int, left: int | None) -> None:
    assert tries_left(sw) == left


def test_repr_of_command_has_no_data() -> None:
    command = Command(0x00, 0x20, 0x00, 0x80, bytearray(b"1234"))
    assert "1234" not in repr(command)
