"""BER-TLV (ISO/IEC 7816-4, 5.2.2) for card files, with definite lengths and limited size.

Not recursive: each call parses one level, so the caller limits the depth.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 0xFFFF
"""Maximum length of an object. Card files are limited to 32 KiB by READ BINARY."""
MAX_OBJECTS = 64
"""Maximum number of objects in a list. The longest list on a card has ten."""


class MalformedCardData(ValueError):
    """Data from the card does not have the expected format. The message does not contain the data."""


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """BER-TLV object. `value` and `encoded` (header and value) are views of the parsed buffer, not copies."""

    tag: int
    offset: int
    """Offset of the object in the parsed buffer."""
    value: memoryview
    encoded: memoryview

    @property
    def constructed(self) -> bool:
        first = self.encoded[0]
        return bool(first & 0x20)

    def __repr__(self) -> str:
        return f"Tlv({self.tag:X}, {len(self.value)} B)"


def header(data: memoryview | bytes | bytearray, offset: int = 0) -> tuple[int, int, int]:
    """Return tag, value offset and value length of an object, which may be incomplete. Raises `MalformedCardData`."""
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
                    raise MalformedCardData("tag is longer than three bytes")
        length = view[at]
        at += 1
        if length > 0x80:
            width = length & 0x7F
            if width > 3:
                raise MalformedCardData("length field is longer than four bytes")
            length = int.from_bytes(view[at : at + width], "big")
            if len(view) < at + width:
                raise MalformedCardData("object header is truncated")
            at += width
        elif length == 0x80:
            raise MalformedCardData("object has an indefinite length")
    except IndexError:
        raise MalformedCardData("object header is truncated") from None
    if length > MAX_LENGTH:
        raise MalformedCardData("object is longer than a card file")
    return tag, at, length


def total_length(first_block: memoryview | bytes | bytearray) -> int:
    """Return the length of an object, including its header, from its first bytes."""
    _, value_at, length = header(first_block)
    return value_at + length


def parse_one(data: memoryview | bytes | bytearray, offset: int = 0) -> Tlv:
    """Return the object at `offset`. Trailing fill bytes are ignored."""
    tag, value_at, length = header(data, offset)
    view = memoryview(data)
    end = value_at + length
    if end > len(view):
        raise MalformedCardData("object value is truncated")
    return Tlv(tag, offset, view[value_at:end], view[offset:end])


def parse_list(data: memoryview | bytes | bytearray, *, start: int = 0, end: int | None = None) -> list[Tlv]:
    """Return the objects that exactly fill `data[start:end]`. Offsets are relative to the start of `data`."""
    end = len(data) if end is None else end
    objects: list[Tlv] = []
    bounded = memoryview(data)[:end]
    while start < end:
        if len(objects) == MAX_OBJECTS:
            raise MalformedCardData("list contains too many objects")
        item = parse_one(bounded, start)
        objects.append(item)
        start += len(item.encoded)
    return objects


def children(parent: Tlv, data: memoryview | bytes | bytearray) -> list[Tlv]:
    """Return the objects in `parent`, which was parsed from `data`. Offsets are relative to the start of `data`."""
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
