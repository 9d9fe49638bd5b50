"""Tests for long reads and the fallback for cards and readers that refuse them."""

from collections.abc import Callable

import pytest

from reader import channel, processors
from reader.apdu import INS, parse_command
from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import CardFacts, CardGone, CardUnreadable, CodeVerified, NotMyNumberCard, PinVerified
from reader.link import CommandRefused, LinkLost
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

Answer = Callable[[bytes], bytes]


class Wire:
    """A link that records commands. `answer` replaces the card's responses."""

    atr = b""

    def __init__(self, image: CardImage, answer: Answer | None = None) -> None:
        self.card = SoftCard(image)
        self._answer = answer or self.card.transmit
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        self.sent.append(bytes(apdu))
        return self._answer(bytes(apdu))

    def close(self) -> None:
        return

    def headers(self) -> list[str]:
        return [command[:2].hex() for command in self.sent]


def le(command: bytes) -> int:
    return parse_command(command).le or 0


def read_everything(card: MyNumberCard, image: CardImage) -> FaceRecord:
    assert isinstance(card.read_facts(), CardFacts)
    assert card.read_user_certificate() == image.files[File.USER_CERTIFICATE]
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    record = card.read_face_record()
    assert isinstance(record, FaceRecord)
    assert card.read_cv_certificate() == image.files[File.SURFACE_CV_CERTIFICATE]
    assert card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
    assert isinstance(card.sign(b"statement"), bytes)
    return record


def test_each_file_is_read_with_one_command_without_select(image: CardImage) -> None:
    wire = Wire(image)
    card = MyNumberCard(wire)
    assert isinstance(card.read_facts(), CardFacts)
    assert isinstance(card.read_user_certificate(), bytes)
    # surface with counter, common with expiry, JPKI with certificate and counter
    assert wire.headers() == ["00a4", "0020", "00a4", "00b2", "00a4", "00b0", "0020"]
    wire.sent.clear()
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    wire.sent.clear()
    assert isinstance(card.read_face_record(), FaceRecord)
    assert wire.headers() == ["00b0"]


def test_short_reads_read_each_byte_once(image: CardImage) -> None:
    wire = Wire(image)
    card = MyNumberCard(wire, longest_read=256)
    read_everything(card, image)
    blocks = -(-len(image.files[File.FACE_RECORD]) // 256) + -(-len(image.files[File.USER_CERTIFICATE]) // 256)
    blocks += -(-len(image.files[File.SURFACE_CV_CERTIFICATE]) // 256)
    reads = [command for command in wire.sent if command[1] == INS.READ_BINARY]
    identification = 2  # before the printed code and before the PIN
    assert len(reads) == blocks + identification
    assert all(le(command) <= 256 for command in reads)


@pytest.mark.parametrize("refusal", ["6700", "6C00", "6F00", "6D00", "9000"])
@pytest.mark.parametrize("limit", [4096, 256])
def test_refused_long_reads_are_shortened_until_reception_ends(image: CardImage, refusal: str, limit: int) -> None:
    def answer(apdu: bytes) -> bytes:
        long = apdu[1] == INS.READ_BINARY and le(apdu) > limit
        return bytes.fromhex(refusal) if long else wire.card.transmit(apdu)

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire), image)
    refused = [le(command) for command in wire.sent if command[1] == INS.READ_BINARY and le(command) > limit]
    assert refused == [65_536, 4096][: len(refused)], "each length is refused once"


def test_short_reads_are_used_if_reader_refuses_long_commands(image: CardImage) -> None:
    def answer(apdu: bytes) -> bytes:
        if len(apdu) > 6 and apdu[1] == INS.READ_BINARY:
            raise CommandRefused("command too long (265 bytes) for max: 261")
        return wire.card.transmit(apdu)

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire), image)


@pytest.mark.parametrize(
    ("refusal", "longest"),
    [(CommandRefused("too long for this reader"), 4096), (CommandRefused("any error", ambiguous=True), 256)],
)
def test_reads_are_shortened_to_4_kb_unless_refusal_is_ambiguous(
    image: CardImage, refusal: CommandRefused, longest: int
) -> None:
    def answer(apdu: bytes) -> bytes:
        if apdu[1] == INS.READ_BINARY and le(apdu) > 4096:
            raise refusal
        return wire.card.transmit(apdu)

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire), image)
    reads = [le(command) for command in wire.sent if command[1] == INS.READ_BINARY]
    assert max(length for length in reads if length <= 4096) == longest


def test_card_is_unreadable_if_reader_refuses_all_reads(image: CardImage) -> None:
    def answer(apdu: bytes) -> bytes:
        if apdu[1] == INS.READ_BINARY:
            raise CommandRefused("refused")
        return wire.card.transmit(apdu)

    wire = Wire(image, answer)
    assert MyNumberCard(wire).read_facts() == CardUnreadable(None, "read facts"), "the card was not removed"


@pytest.mark.parametrize("refusal", ["6A86", "6B00", "6986", "6A88"])
def test_files_are_selected_if_short_identifiers_are_refused(image: CardImage, refusal: str) -> None:
    def answer(apdu: bytes) -> bytes:
        by_short_id = (apdu[1] == INS.READ_BINARY and apdu[2] & 0x80) or (
            apdu[1] in (INS.VERIFY, INS.COMPUTE_SIGNATURE) and apdu[3] & 0x1F
        )
        return bytes.fromhex(refusal) if by_short_id else wire.card.transmit(apdu)

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire), image)
    by_short_id = [command for command in wire.sent if command[1] == INS.VERIFY and command[3] & 0x1F]
    assert len(by_short_id) == 1, "refused once and not retried"


def test_truncated_responses_are_completed_by_further_reads(image: CardImage) -> None:
    def answer(apdu: bytes) -> bytes:
        response = wire.card.transmit(apdu)
        return response[:1000] + response[-2:] if len(response) > 1002 else response

    wire = Wire(image, answer)
    assert read_everything(MyNumberCard(wire), image).photo_jp2


def test_chained_responses_are_joined(image: CardImage) -> None:
    pending = bytearray()

    def answer(apdu: bytes) -> bytes:
        if apdu[1] == INS.GET_RESPONSE:
            length = le(apdu)
            part = bytes(pending[:length])
            del pending[:length]
            return part + (bytes((0x61, min(len(pending), 0xFF))) if pending else b"\x90\x00")
        response = wire.card.transmit(apdu)
        if len(response) <= 2 + 64:
            return response
        pending[:] = response[64:-2]
        return response[:64] + bytes((0x61, min(len(pending), 0xFF)))

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire, longest_read=256), image)


def test_commands_are_resent_with_exact_length(image: CardImage) -> None:
    def answer(apdu: bytes) -> bytes:
        response = wire.card.transmit(apdu)
        exact = len(response) - 2
        return bytes((0x6C, exact)) if 0 < exact < 256 and le(apdu) != exact else response

    wire = Wire(image, answer)
    read_everything(MyNumberCard(wire, longest_read=256), image)


def test_card_that_always_reports_more_data_is_abandoned(image: CardImage) -> None:
    wire = Wire(image, lambda apdu: bytes(16) + b"\x61\x10")
    assert MyNumberCard(wire).read_facts() == NotMyNumberCard()
    assert len(wire.sent) <= 2 * (processors.MAX_RESPONSE_PARTS + 1), "one attempt as card and one as phone"


def test_card_that_returns_single_bytes_is_abandoned(image: CardImage) -> None:
    """The card returns one byte per READ BINARY."""

    def answer(apdu: bytes) -> bytes:
        response = wire.card.transmit(apdu)
        return response[:1] + response[-2:] if apdu[1] == INS.READ_BINARY and not apdu[2] & 0x80 else response

    wire = Wire(image, answer)
    assert isinstance(MyNumberCard(wire, longest_read=256).read_facts(), CardUnreadable)
    assert len(wire.sent) <= channel.MAX_BLOCKS + 16


def test_slow_card_exceeds_time_limit(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(processors.time, "monotonic", lambda: now)

    def answer(apdu: bytes) -> bytes:
        nonlocal now
        now += 10
        return wire.card.transmit(apdu)

    wire = Wire(image, answer)
    card = MyNumberCard(wire)
    assert isinstance(card.read_facts(), CardUnreadable)
    now += 3600
    sent = len(wire.sent)
    assert isinstance(card.sign(b"statement"), CardUnreadable)
    assert (sent, len(wire.sent)) == (3, 3)


def test_slow_patient_does_not_exceed_time_limit(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(processors.time, "monotonic", lambda: now)
    card = MyNumberCard(Wire(image))
    assert isinstance(card.read_facts(), CardFacts)
    now += 3600
    assert card.verify_pin(bytearray(b"1234"), 3) == PinVerified()


@pytest.mark.parametrize("longest_read", [256, 65_536])
def test_photo_is_delivered_before_record_is_complete(image: CardImage, photo: bytes, longest_read: int) -> None:
    wire = Wire(image)
    card = MyNumberCard(wire, longest_read=longest_read)
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    early_photos: list[tuple[bytes, int]] = []
    record = card.read_face_record(on_photo=lambda jp2: early_photos.append((bytes(jp2), len(wire.sent))))
    assert isinstance(record, FaceRecord)
    ((jp2, sent),) = early_photos
    assert jp2 == photo == record.photo_jp2
    assert (sent < len(wire.sent)) is (longest_read == 256)


def test_no_photo_is_delivered_from_malformed_record(image: CardImage) -> None:
    image.files[File.FACE_RECORD] = bytes.fromhex("FF208203E8") + bytes(1000)
    card = MyNumberCard(Wire(image), longest_read=256)
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    early_photos: list[bytearray] = []
    assert card.read_face_record(on_photo=early_photos.append) == CardUnreadable(None, "read face record")
    assert early_photos == []


def test_link_lost_while_shortening_reads_is_card_gone(image: CardImage) -> None:
    def answer(apdu: bytes) -> bytes:
        if apdu[1] == INS.READ_BINARY:
            if le(apdu) <= 4096:
                raise LinkLost("pulled")
            return b"\x67\x00"
        return wire.card.transmit(apdu)

    wire = Wire(image, answer)
    assert MyNumberCard(wire).read_facts() == CardGone()
