"""BER-TLV (ISO/IEC 7816-4, 5.2.2) for card files: definite lengths, capped size.

Nothing here recurses: each call opens one level, so the depth is what the caller's file format has.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 0xFFFF
"""Longest object. READ BINARY reaches 32 KiB, so nothing on a card is longer."""
MAX_OBJECTS = 64
"""Most objects beside each other; the card's longest list has ten."""


class MalformedCardData(ValueError):
    """Bytes from the card are not what the file should hold. The message names the place and never quotes the bytes."""


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """One object. `value` and `encoded` (header and value) are views into the parsed buffer, not copies."""

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
    """(tag, offset of the value, length of the value). Raises `MalformedCardData`; the value need not be there yet."""
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
        raise MalformedCardData("object longer than a card file")
    return tag, at, length


def total_length(first_block: memoryview | bytes | bytearray) -> int:
    """Return the length of the whole object, header included, from its first bytes."""
    _, value_at, length = header(first_block)
    return value_at + length


def parse_one(data: memoryview | bytes | bytearray, offset: int = 0) -> Tlv:
    """Return the object at `offset`; following bytes (fill) are ignored."""
    tag, value_at, length = header(data, offset)
    view = memoryview(data)
    end = value_at + length
    if end > len(view):
        raise MalformedCardData("object cut off in its value")
    return Tlv(tag, offset, view[value_at:end], view[offset:end])


def parse_list(data: memoryview | bytes | bytearray, *, start: int = 0, end: int | None = None) -> list[Tlv]:
    """The objects that fill `data[start:end]` exactly, offsets counted from the start of `data`."""
    end = len(data) if end is None else end
    found: list[Tlv] = []
    bounded = memoryview(data)[:end]
    while start < end:
        if len(found) == MAX_OBJECTS:
            raise MalformedCardData("more objects than a card file has")
        one = parse_one(bounded, start)
        found.append(one)
        start += len(one.encoded)
    return found


def children(parent: Tlv, data: memoryview | bytes | bytearray) -> list[Tlv]:
    """The objects inside `parent`, which was parsed from `data`; offsets stay those of `data`."""
    if not parent.constructed:
        raise MalformedCardData("object holds no objects")
    end = parent.offset + len(parent.encoded)
    return parse_list(data, start=end - len(parent.value), end=end)


def encode(tag: int, value: bytes | bytearray | memoryview) -> bytes:
    """Encode one object, with its length in the shortest form."""
    length = len(value)
    if length > MAX_LENGTH:
        raise ValueError("value longer than a card file")
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
