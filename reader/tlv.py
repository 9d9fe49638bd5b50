"""BER-TLV (ISO/IEC 7816-4, 5.2.2) for card files, with definite lengths and limited size.

There is no recursion: each call parses one level, so the depth is determined by the caller's file format.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 0xFFFF
"""Maximum length of an object. READ BINARY can read up to 32 KiB, so card files are not longer."""
MAX_OBJECTS = 64
"""Maximum number of objects in a list. The longest list on the card has ten."""


class MalformedCardData(ValueError):
    """Data from the card does not have the expected format. The message does not quote the data."""


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """Object. `value` and `encoded` (header and value) are views of the parsed buffer, not copies."""

    tag: int
    offset: int
    """Offset of the object's first byte from the start of the parsed buffer."""
    value: memoryview
    encoded: memoryview

    @property
    def constructed(self) -> bool:
        first = self.encoded[0]
        return bool(first & 0x20)

    def __repr__(self) -> str:
        return f"Tlv({self.tag:X}, {len(self.value)} B)"


def header(data: memoryview | bytes | bytearray, offset: int = 0) -> tuple[int, int, int]:
    """Return tag, offset of the value and length of the value, which may be incomplete. Raises `MalformedCardData`."""
    view = memoryview(data)
    at = offset
    try:
        tag = view[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag = tag << 8 | view[at]
            at += 1
            if tag & 0x80:
                tag = tag << 8 | view[at]
                at += 1
                if tag & 0x80:
                    raise MalformedCardData("tag longer than three bytes")
        length = view[at]
        at += 1
        if length > 0x80:
            width = length & 0x7F
            if width > 3:
                raise MalformedCardData("length field longer than four bytes")
            length = int.from_bytes(view[at : at + width], "big")
            if len(view) < at + width:
                raise MalformedCardData("object cut off in its header")
            at += width
        elif length == 0x80:
            raise MalformedCardData("indefinite length")
    except IndexError:
        raise MalformedCardData("object cut off in its header") from None
    if length > MAX_LENGTH:
        raise MalformedCardData("object is longer than a card file")
    return tag, at, length


def total_length(first_block: memoryview | bytes | bytearray) -> int:
    """Return the total length of an object, including its header, from its first bytes."""
    _, value_at, length = header(first_block)
    return value_at + length


def parse_one(data: memoryview | bytes | bytearray, offset: int = 0) -> Tlv:
    """Return the object at `offset`. Trailing fill bytes are ignored."""
    tag, value_at, length = header(data, offset)
    view = memoryview(data)
    end = value_at + length
    if end > len(view):
        raise MalformedCardData("object cut off in its value")
    return Tlv(tag, offset, view[value_at:end], view[offset:end])


def parse_list(data: memoryview | bytes | bytearray, *, start: int = 0, end: int | None = None) -> list[Tlv]:
    """Return the objects that exactly fill `data[start:end]`. Offsets are relative to the start of `data`."""
    end = len(data) if end is None else end
    found: list[Tlv] = []
    bounded = memoryview(data)[:end]
    while start < end:
        if len(found) == MAX_OBJECTS:
            raise MalformedCardData("more objects than in any card file")
        one = parse_one(bounded, start)
        found.append(one)
        start += len(one.encoded)
    return found


def children(parent: Tlv, data: memoryview | bytes | bytearray) -> list[Tlv]:
    """Return the objects inside `parent`, which was parsed from `data`. Offsets are relative to the start of `data`."""
    if not parent.constructed:
        raise MalformedCardData("object is not constructed")
    end = parent.offset + len(parent.encoded)
    return parse_list(data, start=end - len(parent.value), end=end)


def encode(tag: int, value: bytes | bytearray | memoryview) -> bytes:
    """Encode an object with the shortest length field."""
    length = len(value)
    if length > MAX_LENGTH:
        raise ValueError("value is longer than a card file")
    tag_bytes = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if length < 0x80:
        length_bytes = bytes((length,))
    elif length < 0x100:
        length_bytes = bytes((0x81, length))
    else:
        length_bytes = b"\x82" + length.to_bytes(2, "big")
    return b"".join((tag_bytes, length_bytes, value))


def encode_list(objects: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(encode(tag, value) for tag, value in objects)
