"""Fuzz targets for the card code. Each takes arbitrary bytes and handles only documented errors.

`test_hostile_bytes.py` runs them with Hypothesis, and `tests/fuzz.py` (`make fuzz`) guided by coverage.
"""

import resource
import time
from collections.abc import Callable, Mapping
from datetime import date

from reader.apdu import ApduError, parse_command, parse_response
from reader.authenticity import TrustAnchors, parse_cv_certificate, verify_record_proof
from reader.card import MyNumberCard
from reader.certificate import parse_certificate
from reader.face_record import PhotoCallback, Sex, parse_face_record
from reader.facts import CardFacts
from reader.profile import RSA_2048, File
from reader.softcard.authority import TestAuthority
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.issue import Holder, issue
from reader.softcard.photo import photo_of_size
from reader.tlv import MalformedCardData, children, parse_list, parse_one, total_length

MAX_MB = 64
MAX_SECONDS = 5.0

Target = Callable[[bytes], None]


class LimitExceeded(AssertionError):
    """Raised if an input exceeds the memory or time limit."""


def tlv(data: bytes) -> None:
    for parse in (total_length, parse_list, lambda data: children(parse_one(data), data)):
        try:
            parse(data)
        except MalformedCardData:
            continue


def face_record(data: bytes) -> None:
    PhotoCallback(lambda photo: None)(memoryview(data))
    try:
        record = parse_face_record(data)
    except MalformedCardData:
        return
    verify_record_proof(
        bytes(record.group_1),
        record.group_2_digest,
        record.group_3_digest,
        record.signature,
        data[:600],
        TrustAnchors({}),
    )
    record.wipe()


def certificate(data: bytes) -> None:
    try:
        parse_certificate(data)
    except MalformedCardData:
        return


def cv_certificate(data: bytes) -> None:
    try:
        parse_cv_certificate(data)
    except MalformedCardData:
        return


def apdu(data: bytes) -> None:
    for parse in (parse_command, parse_response):
        try:
            parse(data)
        except ApduError:
            continue


class _FuzzedLink:
    """A link that takes the lengths and contents of its responses from the input, and then responds 9000."""

    atr = b""

    def __init__(self, data: bytes) -> None:
        self._remaining = data

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        if not self._remaining:
            return b"\x90\x00"
        length = 2 + self._remaining[0]
        answer, self._remaining = self._remaining[1 : 1 + length], self._remaining[1 + length :]
        return answer + b"\x90\x00" if len(answer) < 2 or length % 2 else answer

    def close(self) -> None:
        return


def card(data: bytes) -> None:
    terminal = MyNumberCard(_FuzzedLink(data))
    facts = terminal.read_facts()
    tries_left = facts.pin_tries_left if isinstance(facts, CardFacts) else 3
    terminal.verify_pin(bytearray(b"1234"), tries_left)
    terminal.sign(b"statement")
    terminal.verify_printed_code(bytearray(b"60061520341234"), 10)
    terminal.read_face_record(on_photo=lambda photo: None)
    terminal.read_cv_certificate()
    terminal.prove_chip(b"statement")


def jp2(data: bytes) -> None:
    from vision.photo import decode_photo

    decode_photo(data)


def commands(data: bytes) -> None:
    """Send arbitrary commands to the software card."""
    soft_card = SoftCard(_image().model_copy(deep=True))
    soft_card.transmit(RSA_2048.applications[0].aid.join((b"\x00\xa4\x04\x0c\x0a", b"")))
    while data:
        length, data = data[0], data[1:]
        assert len(soft_card.transmit(data[:length])) >= 2
        data = data[length:]


TARGETS: Mapping[str, Target] = {
    target.__name__: target for target in (tlv, face_record, certificate, cv_certificate, apdu, card, jp2, commands)
}

_issued: list[CardImage] = []


def _image() -> CardImage:
    if not _issued:
        holder = Holder("試験　花子", "東京都模擬区１－２－３", date(1985, 6, 15), Sex.FEMALE)
        photo = photo_of_size(None, 5)
        _issued.append(
            issue(TestAuthority.create(), RSA_2048, photo, holder=holder, pin="1234", issued_on=date(2025, 4, 1))
        )
    return _issued[0]


def seeds() -> dict[str, list[bytes]]:
    """Return well-formed initial inputs for each target."""
    files = _image().files
    record, user, cv = files[File.FACE_RECORD], files[File.USER_CERTIFICATE], files[File.SURFACE_CV_CERTIFICATE]
    photo = parse_face_record(record).photo_jp2
    select = bytes.fromhex("00A4040C0AD392F000260100000001")
    return {
        "tlv": [record[:700], cv, b"\x30\x00", b"\x7f\x21\x82\x00\x00"],
        "face_record": [record],
        "certificate": [user, files[File.USER_CA_CERTIFICATE], files[File.SIGNATURE_CERTIFICATE]],
        "cv_certificate": [cv],
        "apdu": [select, bytes.fromhex("00B08A00000000"), b"\x90\x00"],
        "card": [b"\x00\x90\x00" * 9, b"\x00\x90\x00\x00\x63\xca\x00\x90\x00" + b"\xff" + user[:257]],
        "jp2": [bytes(photo or b"")],
        "commands": [bytes((len(select),)) + select + b"\x05\x00\xb0\x8a\x00\x00"],
    }


def within_limits(target: Target) -> Target:
    """Wrap `target` to check the memory and time limits."""

    def limited(data: bytes) -> None:
        before, started = _peak_mb(), time.monotonic()
        target(data)
        if _peak_mb() - before > MAX_MB:
            raise LimitExceeded(f"{_peak_mb() - before:.0f} MB for {len(data)} bytes")
        if time.monotonic() - started > MAX_SECONDS:
            raise LimitExceeded(f"{time.monotonic() - started:.1f} s for {len(data)} bytes")

    return limited


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
