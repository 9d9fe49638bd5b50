"""Tests for support traces, which must not contain personal data."""

from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import CardFacts, CardGone, CardInserted, CodeVerified, NoCard, PinVerified, PinWrong
from reader.link import LinkLost
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.slot import SimulatedSlot
from reader.trace import TracedLink, TracedSlot, TraceRefused

if TYPE_CHECKING:
    from .conftest import EventLog


def traced(image: CardImage, longest_read: int = 65_536) -> tuple[MyNumberCard, TracedLink, list[str]]:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    lines: list[str] = []
    link = TracedLink(slot.connect(), lines.append, production=False)  # type: ignore[arg-type]
    return MyNumberCard(link, longest_read=longest_read), link, lines


@pytest.mark.parametrize("longest_read", [256, 65_536])
def test_traces_contain_no_personal_data_and_no_pin(image: CardImage, longest_read: int) -> None:
    card, link, lines = traced(image, longest_read)
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_pin(bytearray(b"9753"), 3) == PinWrong(2)
    assert card.verify_pin(bytearray(b"1234"), 2) == PinVerified()
    signature = card.sign(b"statement")
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), 10) == CodeVerified()
    record = card.read_face_record()
    assert isinstance(record, FaceRecord)
    link.transmit(bytes.fromhex("0024018004") + b"8642")
    link.transmit(bytes.fromhex("00B2010C00"))
    link.close()
    text = "\n".join(lines).lower()
    secrets = [b"9753", b"1234", b"8642", image.printed_code.encode(), bytes(record.photo_jp2 or b"?")[:8]]
    secrets += [signature[:8] if isinstance(signature, bytes) else b"?", b"19850615", b"20340615"]
    secrets += [image.files[File.CARD_EXPIRY][2:17], image.files[File.USER_CERTIFICATE][8:32]]
    for secret in secrets:
        assert secret.hex() not in text
        assert secret.decode("latin-1") not in text
    assert image.files[File.USER_CERTIFICATE][:4].hex() in text, "tag and length of an unprotected file are traced"


def test_traces_contain_commands_status_words_and_timings(image: CardImage) -> None:
    card, link, lines = traced(image)
    assert isinstance(card.read_facts(), CardFacts)
    card.verify_pin(bytearray(b"1234"), 3)
    link.close()
    text = "\n".join(lines)
    assert "> 00A4040C D3921000310001010402  SELECT" in text
    assert "> 00B08A00 Le 65536  READ BINARY" in text
    assert "> 00200098 [4 bytes]  VERIFY" in text
    assert "< 63C3" in text
    assert lines[-1] == "power off"
    assert all(" ms" in line for line in lines if line.startswith("<"))


def test_lost_link_and_malformed_data_are_traced(image: CardImage) -> None:
    class BrokenLink:
        atr = b""

        def transmit(self, apdu: bytes | bytearray) -> bytes:
            if len(apdu) < 4:
                return b"!"
            raise LinkLost("pulled")

        def close(self) -> None:
            return

    lines: list[str] = []
    link = TracedLink(BrokenLink(), lines.append, production=False)
    assert MyNumberCard(link).read_facts() == CardGone()
    assert lines[-1].startswith("< no response")
    assert link.transmit(b"\x00") == b"!"
    assert lines[-2:][0] == "> invalid command of 1 bytes"
    assert lines[-1].startswith("< invalid response of 1 bytes")


def test_tracing_is_refused_in_production(image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    with pytest.raises(TraceRefused):
        TracedLink(slot.connect(), print, production=True)  # type: ignore[arg-type]
    with pytest.raises(TraceRefused):
        TracedSlot(slot, print, production=True)


def test_traced_slot_traces_every_reception(image: CardImage, event_log: "EventLog") -> None:
    simulated_slot = SimulatedSlot("front desk")
    lines: list[str] = []
    slot = TracedSlot(simulated_slot, lines.append, production=False)
    slot.watch(event_log)
    assert slot.name == "front desk"
    assert slot.connect() == NoCard()
    simulated_slot.insert(SoftCard(image))
    assert event_log.next() == CardInserted()
    link = slot.connect()
    assert isinstance(MyNumberCard(link).read_facts(), CardFacts)  # type: ignore[arg-type]
    link.close()  # type: ignore[union-attr]
    slot.close()
    assert (lines[0], lines[-1], len(lines)) == ("connect: NoCard", "power off", 16)


def test_tracing_does_not_change_outcome(image: CardImage) -> None:
    card, _, _ = traced(image)
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
    assert image.passwords[Password.USER_PIN].left == 3
