"""Test the command processors with a scripted card, and the complete chain with a PIN."""

import pytest

from reader.apdu import INS, Command, Response
from reader.link import CommandRefused
from reader.processors import FiveByteVerify, LengthCorrection, ResponseChaining, WakeUp, chain
from reader.reading import CardOpener
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

SELECT = Command(0x00, INS.SELECT, 0x04, 0x0C, b"application")
READ = Command(0x00, INS.READ_BINARY, 0x8A, 0x00, le=256)
COUNTER = Command(0x00, INS.VERIFY, 0x00, 0x98)
SECRET = Command(0x00, INS.VERIFY, 0x00, 0x98, b"1234")


class ScriptedCard:
    """A card that sends scripted responses, repeats the last one and records the commands."""

    atr = b""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.sent: list[bytes] = []

    def send(self, command: Command) -> Response:
        self.sent.append(bytes(command.encode()))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer == "refused":
            raise CommandRefused("not transacted")
        raw = bytes.fromhex(answer)
        return Response(raw[:-2], int.from_bytes(raw[-2:], "big"))

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        return self.send(Command(apdu[0], apdu[1], apdu[2], apdu[3], bytes(apdu[5:]))).encode()

    def close(self) -> None:
        return


@pytest.mark.parametrize("refusal", ["6F00", "6700", "6985"])
def test_only_first_command_is_retried_up_to_twice(refusal: str) -> None:
    card = ScriptedCard(refusal, refusal, "9000", refusal)
    processor = WakeUp(card)
    assert processor.send(SELECT).ok
    assert processor.send(SELECT).sw == int(refusal, 16)
    assert len(card.sent) == 4


def test_missing_application_is_selected_only_once() -> None:
    card = ScriptedCard("6A82")
    assert WakeUp(card).send(SELECT).sw == 0x6A82
    assert len(card.sent) == 1


def test_length_reported_by_card_is_used() -> None:
    card = ScriptedCard("6C03", "0102039000")
    assert LengthCorrection(card).send(READ).data == b"\x01\x02\x03"
    assert card.sent[1].hex() == "00b08a0003"


def test_chained_response_is_joined() -> None:
    card = ScriptedCard("01026102", "03046101", "059000")
    response = ResponseChaining(card).send(READ)
    assert (response.data, response.ok) == (b"\x01\x02\x03\x04\x05", True)


@pytest.mark.parametrize("refusal", ["6700", "refused"])
def test_counter_is_read_with_five_bytes_if_four_are_refused(refusal: str) -> None:
    card = ScriptedCard(refusal, "63C3")
    verify = FiveByteVerify(card)
    assert verify.send(COUNTER).sw == 0x63C3
    assert verify.send(COUNTER).sw == 0x63C3
    assert [apdu.hex() for apdu in card.sent] == ["00200098", "0020009800", "0020009800"]


@pytest.mark.parametrize("answer", ["6F00", "6700", "6985", "6C04", "6300", "6A80", "63C2", "6982"])
def test_pin_is_sent_only_once(answer: str) -> None:
    card = ScriptedCard(answer)
    channel = chain(card, 30)
    channel.send(SELECT)
    card.sent.clear()
    channel.send(SECRET)
    assert len([apdu for apdu in card.sent if b"1234" in apdu]) == 1


def test_soft_card_accepts_both_forms_of_empty_verify(image: CardImage) -> None:
    card = SoftCard(image)
    jpki = image.card_profile.applications[0]
    assert card.transmit(Command(0x00, INS.SELECT, 0x04, 0x0C, jpki.aid).encode()) == b"\x90\x00"
    assert card.transmit(bytes.fromhex("00200098")) == card.transmit(bytes.fromhex("0020009800")) == b"\x63\xc3"


def test_unknown_setting_is_refused_with_valid_values() -> None:
    with pytest.raises(ValueError, match="ec-384-announced"):
        CardOpener.from_settings("ec-521", "auto")
    with pytest.raises(ValueError, match="always"):
        CardOpener.from_settings("rsa-2048", "sometimes")
