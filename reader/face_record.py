"""Face record (EF 0002 of the surface application): photo, images of name and address, and signature."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from reader.chip_key import chip_key_der, parse_key_object
from reader.tlv import MalformedCardData, Tlv, children, header, parse_one

FACE_RECORD = 0xFF20
OFFSETS = 0xDF21
BIRTH_DATE = 0xDF22
SEX = 0xDF23
CHIP_KEY = 0xDF24
NAME_IMAGE = 0xDF25
ADDRESS_IMAGE = 0xDF26
PHOTO = 0xDF27
SIGNATURE = 0xDF28
EXPIRY = 0xDF29
SECURITY_CODE_IMAGE = 0xDF2A

_ORDER = [
    OFFSETS,
    BIRTH_DATE,
    SEX,
    CHIP_KEY,
    NAME_IMAGE,
    ADDRESS_IMAGE,
    PHOTO,
    SIGNATURE,
    EXPIRY,
    SECURITY_CODE_IMAGE,
]


class Sex(IntEnum):
    """JIS X 0303 (ISO/IEC 5218)."""

    NOT_KNOWN = 0
    MALE = 1
    FEMALE = 2
    NOT_APPLICABLE = 9


@dataclass(slots=True, eq=False)
class FaceRecord:
    """Data unlocked by the printed code, held for one reception. `wipe` overwrites its buffers.

    Images are undecoded files: PNG for name and address, greyscale JPEG 2000 for the photo (None on an infant's card).
    """

    birth_date: date | None = field(repr=False)
    sex: Sex | None = field(repr=False)
    chip_public_key: bytes = field(repr=False)
    """Public key of the surface application, DER SubjectPublicKeyInfo."""
    name_image: bytearray = field(repr=False)
    address_image: bytearray = field(repr=False)
    photo_jp2: bytearray | None = field(repr=False)
    signature: bytes = field(repr=False)
    expiry: date
    """Expiry date of the card. Not covered by the signature."""
    group_1: bytearray = field(repr=False)
    """Signed bytes of birth date, sex and chip key with their headers, which are sent to the service."""
    group_2_digest: bytes = field(repr=False)
    """SHA-256 of the name and address images with their headers."""
    group_3_digest: bytes = field(repr=False)
    """SHA-256 of the photo with its header."""

    def wipe(self) -> None:
        """Overwrite the images and group 1, and remove birth date and sex. Idempotent."""
        for buffer in (self.name_image, self.address_image, self.photo_jp2, self.group_1):
            if buffer is not None:
                buffer[:] = bytes(len(buffer))
        self.birth_date = None
        self.sex = None


class PhotoCallback:
    """Callback for `Channel.read_file` that calls `on_photo` once the photo is complete. Ignores malformed data."""

    def __init__(self, on_photo: Callable[[bytearray], None]) -> None:
        self._on_photo: Callable[[bytearray], None] | None = on_photo

    def __call__(self, received: memoryview) -> None:
        if self._on_photo is None:
            return
        try:
            photo = _complete_photo(received)
        except MalformedCardData:
            return
        if photo is not None:
            on_photo, self._on_photo = self._on_photo, None
            on_photo(photo)


def _complete_photo(received: memoryview) -> bytearray | None:
    _, at, _ = header(received)
    for _ in _ORDER:
        if at >= len(received):
            break
        tag, value_at, length = header(received, at)
        at = value_at + length
        if tag == PHOTO:
            return bytearray(received[value_at:at]) if length and at <= len(received) else None
    return None


def parse_face_record(data: bytes | bytearray) -> FaceRecord:
    """Parse a face record into a copy, so that the caller can overwrite `data`. Raises `MalformedCardData`."""
    record = parse_one(data)
    if record.tag != FACE_RECORD:
        raise MalformedCardData("not a face record")
    objects = children(record, data)
    if [item.tag for item in objects] != _ORDER:
        raise MalformedCardData("face record does not contain the ten objects in order")
    offsets, birth, sex, key, name, address, photo, signature, expiry, _security_code = objects
    _check_offsets(offsets, objects[1:])
    if len(signature.value) != 256:
        raise MalformedCardData("signature of the face record is not 256 bytes long")
    return FaceRecord(
        birth_date=parse_date(birth.value),
        sex=_parse_sex(sex.value),
        chip_public_key=chip_key_der(parse_key_object(key.value)),
        name_image=bytearray(name.value),
        address_image=bytearray(address.value),
        photo_jp2=bytearray(photo.value) if len(photo.value) else None,
        signature=bytes(signature.value),
        expiry=parse_date(expiry.value),
        group_1=bytearray().join(item.encoded for item in (birth, sex, key)),
        group_2_digest=_digest(name, address),
        group_3_digest=_digest(photo),
    )


def _check_offsets(table: Tlv, objects: list[Tlv]) -> None:
    """Check the table of two-byte offsets, counted from the start of the file, against the objects after it."""
    listed = [int.from_bytes(table.value[at : at + 2], "big") for at in range(0, len(table.value), 2)]
    if len(table.value) % 2 or listed != [item.offset for item in objects]:
        raise MalformedCardData("offset table does not match the objects")


def _digest(*objects: Tlv) -> bytes:
    digest = hashlib.sha256()
    for item in objects:
        digest.update(item.encoded)
    return digest.digest()


def parse_date(text: bytes | memoryview) -> date:
    """Parse eight ASCII digits `YYYYMMDD` (Gregorian). Raises `MalformedCardData`."""
    digits = bytes(text)
    if len(digits) != 8 or not digits.isdigit():
        raise MalformedCardData("date does not have eight digits")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise MalformedCardData("no such date") from None


def _parse_sex(text: memoryview) -> Sex:
    try:
        return Sex(int(bytes(text).decode("ascii"))) if len(text) == 1 else Sex(-1)
    except ValueError:
        raise MalformedCardData("sex is not a JIS X 0303 code") from None
