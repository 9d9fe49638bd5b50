"""Test that arbitrary card responses produce documented outcomes and use no tries."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import (
    CardFacts,
    CardGone,
    CardUnreadable,
    CodeLocked,
    CodeNotSent,
    CodeVerified,
    CodeWrong,
    NoCertificate,
    NotMyNumberCard,
    PinLocked,
    PinNotSent,
    PinVerified,
    PinWrong,
)
from reader.link import LinkLost
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

Answer = Callable[[bytes], bytes]


class Link:
    """A link that computes responses from commands and records the buffers passed to it."""

    atr = b""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.commands: list[bytes] = []
        self.buffers: list[bytes | bytearray] = []

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        self.commands.append(bytes(apdu))
        self.buffers.append(apdu)
        return self._answer(bytes(apdu))

    def close(self) -> None:
        return


DOCUMENTED = (
    CardFacts
    | CardGone
    | CardUnreadable
    | NotMyNumberCard
    | NoCertificate
    | PinVerified
    | PinWrong
    | PinLocked
    | PinNotSent
    | CodeVerified
    | CodeWrong
    | CodeLocked
    | CodeNotSent
    | FaceRecord
    | bytes
)


def call_every_method(card: MyNumberCard) -> list[object]:
    return [
        card.read_facts(),
        card.read_user_certificate(),
        card.verify_pin(bytearray(b"1234"), 3),
        card.sign(b"statement"),
        card.verify_printed_code(bytearray(b"60061520341234"), 10),
        card.read_face_record(),
        card.read_cv_certificate(),
        card.prove_chip(b"statement"),
    ]


@settings(max_examples=150)
@given(st.lists(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda d: d + b"\x90\x00")), max_size=40))
def test_arbitrary_responses(answers: list[bytes]) -> None:
    remaining = iter(answers)
    for outcome in call_every_method(MyNumberCard(Link(lambda _: next(remaining, b"\x90\x00")))):
        assert isinstance(outcome, DOCUMENTED)


@pytest.mark.parametrize("sw", ["6E00", "6D00", "6F00", "6300", "6881", "6984", "63C2", "6985", "61FF", "6CFF"])
def test_same_status_word_for_every_command(sw: str) -> None:
    facts, _certificate, *others = call_every_method(MyNumberCard(Link(lambda _: bytes.fromhex(sw))))
    unreadable = CardUnreadable(int(sw, 16), "read facts")
    assert facts == (unreadable if sw == "6F00" else NotMyNumberCard())
    for outcome in others:
        assert isinstance(outcome, CardUnreadable)
        assert outcome.status_word == int(sw, 16)


def test_file_longer_than_read_binary_can_address(image: CardImage) -> None:
    """The length field in the first block is 64 KB, more than READ BINARY can address."""
    image.files[File.USER_CERTIFICATE] = bytes.fromhex("3082FFFF") + bytes(0xFFFF)
    link = Link(SoftCard(image).transmit)
    assert MyNumberCard(link).read_user_certificate() == CardUnreadable(None, "read user certificate")
    assert len(link.commands) < 8


def test_truncated_file_is_unreadable(image: CardImage) -> None:
    image.files[File.USER_CERTIFICATE] = image.files[File.USER_CERTIFICATE][:700]
    assert MyNumberCard(Link(SoftCard(image).transmit)).read_facts() == CardUnreadable(0x6B00, "read facts")


def test_empty_certificate_file_despite_flag(image: CardImage) -> None:
    image.files[File.USER_CERTIFICATE] = b"\xff" * 256
    assert isinstance(MyNumberCard(Link(SoftCard(image).transmit)).read_facts(), CardUnreadable)
    image.files[File.CERTIFICATE_FLAGS] = b"\x8f\x00\x00"
    assert MyNumberCard(Link(SoftCard(image).transmit)).read_facts() == NoCertificate()


def test_residents_card_is_not_a_my_number_card(image: CardImage) -> None:
    card = SoftCard(image)

    def no_surface(apdu: bytes) -> bytes:
        return b"\x6a\x82" if apdu[5:].hex().endswith("0402") else card.transmit(apdu)

    assert MyNumberCard(Link(no_surface)).read_facts() == NotMyNumberCard()


def test_card_without_readable_expiry_is_accepted(image: CardImage) -> None:
    image.files[File.CARD_EXPIRY] = b"\x01\x1c" + b"x" * 28
    facts = MyNumberCard(Link(SoftCard(image).transmit)).read_facts()
    assert isinstance(facts, CardFacts)
    assert facts.card_expiry is None


def test_refused_first_command_is_retried(image: CardImage) -> None:
    card = SoftCard(image)
    refusals = iter([b"\x6f\x00"])
    link = Link(lambda apdu: next(refusals, None) or card.transmit(apdu))
    assert isinstance(MyNumberCard(link).read_facts(), CardFacts)
    assert link.commands[0] == link.commands[1]


def identified(link: Link) -> MyNumberCard:
    """Read the facts of the card on this link and clear the recorded commands."""
    card = MyNumberCard(link)
    assert isinstance(card.read_facts(), CardFacts)
    link.commands.clear()
    link.buffers.clear()
    return card


def headers(link: Link) -> list[str]:
    return [command[:4].hex() for command in link.commands]


def test_counter_mismatch_prevents_verify(image: CardImage) -> None:
    link = Link(SoftCard(image).transmit)
    card = identified(link)
    assert card.verify_pin(bytearray(b"0000"), expected_left=3) == PinWrong(2)
    assert headers(link) == ["00200098", "00200098"]
    assert len(link.commands[-2]) == 4
    link.commands.clear()
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == PinNotSent(left=2)
    assert not any(b"1234" in command for command in link.commands)


def test_no_pin_is_sent_before_counter_was_read(image: CardImage) -> None:
    link = Link(SoftCard(image).transmit)
    card = MyNumberCard(link)
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == PinNotSent(left=3)
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=10) == CodeNotSent(left=10)
    assert not any(b"1234" in command for command in link.commands)


@pytest.mark.parametrize("selects_first", [False, True])
def test_no_pin_is_sent_to_swapped_card(image: CardImage, second_image: CardImage, selects_first: bool) -> None:
    """The link does not report the swap, although readers should."""
    inserted = SoftCard(image)
    link = Link(lambda apdu: inserted.transmit(apdu))
    card = identified(link)
    if selects_first:
        assert isinstance(card.prove_chip(b"statement"), bytes)
    inserted = SoftCard(second_image)
    assert card.verify_pin(bytearray(b"1234"), expected_left=3) == CardGone()
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), expected_left=10) == CardGone()
    assert (second_image.passwords[Password.USER_PIN].left, second_image.passwords[Password.PRINTED_CODE].left) == (
        3,
        10,
    )
    assert not any(b"1234" in command or image.printed_code.encode() in command for command in link.commands)


def test_card_that_reports_verified_instead_of_counter(image: CardImage) -> None:
    card = SoftCard(image)
    link = Link(lambda apdu: b"\x90\x00" if apdu[:2] == b"\x00\x20" and len(apdu) == 4 else card.transmit(apdu))
    assert identified(link).verify_pin(bytearray(b"1234"), expected_left=3) == PinVerified()


def test_buffers_with_pin_are_cleared(image: CardImage) -> None:
    link = Link(SoftCard(image).transmit)
    assert identified(link).verify_pin(bytearray(b"1234"), expected_left=3) == PinVerified()
    assert any(b"1234" in command for command in link.commands)
    assert not any(any(buffer) for buffer in link.buffers)


def test_signing_sends_one_command(image: CardImage) -> None:
    link = Link(SoftCard(image).transmit)
    card = identified(link)
    card.verify_pin(bytearray(b"1234"), expected_left=3)
    link.commands.clear()
    assert isinstance(card.sign(b"statement"), bytes)
    assert headers(link) == ["802a0097"]


def test_mute_card_is_gone() -> None:
    def mute(apdu: bytes) -> bytes:
        raise LinkLost("mute")

    assert call_every_method(MyNumberCard(Link(mute))) == [CardGone()] * 8
