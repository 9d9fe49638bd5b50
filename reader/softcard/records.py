"""Signed records of the surface and text-input-assist applications, as a municipality writes them."""

import hashlib
from datetime import date

from reader.authenticity import three_group_digest_info
from reader.chip_key import CardPublicKey, encode_key_object
from reader.face_record import (
    ADDRESS_IMAGE,
    BIRTH_DATE,
    CHIP_KEY,
    EXPIRY,
    FACE_RECORD,
    NAME_IMAGE,
    OFFSETS,
    PHOTO,
    SECURITY_CODE_IMAGE,
    SEX,
    SIGNATURE,
    Sex,
)
from reader.softcard.authority import RecordSigner
from reader.tlv import encode, encode_list, parse_list

FILLER = b"\xff" * 16
_TEXT_INFO_LENGTH = 256


def date_digits(day: date) -> bytes:
    return day.strftime("%Y%m%d").encode("ascii")


def face_record(
    signer: RecordSigner,
    chip_key: CardPublicKey,
    *,
    birth_date: date,
    sex: Sex,
    name_image: bytes,
    address_image: bytes,
    photo_jp2: bytes | None,
    expiry: date,
    security_code_image: bytes,
) -> bytes:
    """Build EF 0002 of the surface application. An infant's card has an empty photo object."""
    group_1 = encode_list(
        [
            (BIRTH_DATE, date_digits(birth_date)),
            (SEX, str(int(sex)).encode("ascii")),
            (CHIP_KEY, encode_key_object(chip_key)),
        ]
    )
    group_2 = encode_list([(NAME_IMAGE, name_image), (ADDRESS_IMAGE, address_image)])
    group_3 = encode(PHOTO, photo_jp2 or b"")
    digests = (hashlib.sha256(group).digest() for group in (group_1, group_2, group_3))
    signature = signer.sign_digest_info(three_group_digest_info(*digests))
    objects = [
        encode(BIRTH_DATE, date_digits(birth_date)),
        encode(SEX, str(int(sex)).encode("ascii")),
        encode(CHIP_KEY, encode_key_object(chip_key)),
        encode(NAME_IMAGE, name_image),
        encode(ADDRESS_IMAGE, address_image),
        group_3,
        encode(SIGNATURE, signature),
        encode(EXPIRY, date_digits(expiry)),
        encode(SECURITY_CODE_IMAGE, security_code_image),
    ]
    return _with_offsets(FACE_RECORD, OFFSETS, objects)


def _with_offsets(record_tag: int, table_tag: int, objects: list[bytes]) -> bytes:
    """Prefix the objects with a table of their offsets from the start of the file. Length fields are minimal."""
    length = len(encode(table_tag, bytes(2 * len(objects)))) + sum(map(len, objects))
    at = len(encode(record_tag, bytes(length))) - sum(map(len, objects))
    table = bytearray()
    for item in objects:
        table += at.to_bytes(2, "big")
        at += len(item)
    return encode(record_tag, encode(table_tag, bytes(table)) + b"".join(objects))


def signed_record(signer: RecordSigner, record_tag: int, first_tag: int, values: list[bytes]) -> bytes:
    """Build a record that ends with a signature over its other objects: age record, number image, text public key."""
    objects = encode_list((first_tag + index, value) for index, value in enumerate(values))
    return encode(record_tag, objects + encode(first_tag + len(values), signer.sign(objects)))


def basic_four(*, name: str, address: str, birth_date: date, sex: Sex) -> bytes:
    """Build EF 0002 of the text-input-assist application: name, address, birth date and sex as text."""
    values = [name.encode("utf-8"), address.encode("utf-8"), date_digits(birth_date), str(int(sex)).encode("ascii")]
    return _with_offsets(0xFF20, 0xDF21, [encode(0xDF22 + index, value) for index, value in enumerate(values)])


def text_integrity(signer: RecordSigner, number_file: bytes, basic_four_file: bytes) -> bytes:
    """Build the signed digests of the number file, including fill bytes, and of the basic four without their table."""
    (record,) = parse_list(basic_four_file)
    table, *_ = parse_list(record.value)
    objects = bytes(record.value)[len(encode(table.tag, bytes(table.value))) :]
    digests = [hashlib.sha256(number_file).digest(), hashlib.sha256(objects).digest()]
    return signed_record(signer, 0xFF30, 0xDF31, digests)


def application_info(municipality: bytes) -> bytes:
    """Build an application's basic information: id, key id, version, municipality code and an opaque part."""
    values = [bytes.fromhex("06030E01"), b"9913101\x08\x05001" + bytes(4), b"\x01", municipality, bytes(272)]
    return encode(0xFF30, encode_list((0xDF31 + index, value) for index, value in enumerate(values)))


def text_application_info(opaque: bytes) -> bytes:
    """Build EF 0005 of the text-input-assist application, with fill bytes after the object.

    `opaque`: first 32 bytes of `DF43`, whose meaning is not public. `DF41` is as published.
    """
    values = [bytes.fromhex("01030E01"), b"9000034\x08\x05001" + bytes(4), opaque + b"\xff" * 96]
    return encode(0xFF40, encode_list((0xDF41 + index, value) for index, value in enumerate(values))).ljust(
        _TEXT_INFO_LENGTH, b"\xff"
    )


def session_key(public: CardPublicKey) -> bytes:
    """Build EF 0006 of the text-input-assist application: the bare public key for encrypting a session key."""
    return encode(0xA1, encode_key_object(public))


def token_info(label: str) -> bytes:
    """Build JPKI's token information: 160 bytes, a PKCS#11 CK_TOKEN_INFO with 32-bit numbers.

    It begins with the label, padded with spaces. All values except the serial number match a real card.
    """
    unknown = 0xFFFFFFFF
    # flags, sessions, longest and shortest PIN, memory
    numbers = (0x040D, 1, 0, 1, 0, 16, 6, unknown, unknown, unknown, unknown)
    texts = label.ljust(32) + "1".rjust(32, "0") + "E16R01NJ".ljust(16) + "9".rjust(16, "0")
    words = b"".join(number.to_bytes(4, "big") for number in numbers)
    return texts.encode("ascii") + words + b"03" + b"01" + b"9" * 16


def key_reference() -> bytes:
    """Build record 1 of EF 0002 of the common and the residents' application: a 16-byte key id."""
    return b"9000010\x08\x05001" + bytes(4)


def expiry_record(serial: str, municipality: str, expiry: date) -> bytes:
    """Build record 1 of the common application: tag, length, 28 digits."""
    return b"\x01\x1c" + serial.encode("ascii") + municipality.encode("ascii") + date_digits(expiry)
