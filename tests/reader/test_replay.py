"""Replay more than sixty behaviours of readers and cards, each with its expected outcome."""

from pathlib import Path

import pytest

from reader import pcsc
from reader.card import MyNumberCard
from reader.facts import (
    CardFacts,
    CardGone,
    CardUnreadable,
    CodeVerified,
    NoCard,
    NotMyNumberCard,
    PinVerified,
    ReaderBusy,
    ReaderLost,
    ReaderStatus,
)
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

from .behaviours import (
    BEHAVIOURS,
    DENIED,
    IN_USE,
    LOST,
    NO_SIGNATURE,
    OTHER_CARD,
    READ,
    REMOVED,
    UNREADABLE,
    Behaviour,
    Reader,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "readers.md"


def install_reader(behaviour: Behaviour, image: CardImage, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Replace the PC/SC library with this reader and shorten timeouts."""
    reader = Reader(SoftCard(image), protocol=behaviour.protocol)
    if behaviour.atr:
        reader.atr = bytes.fromhex(behaviour.atr)
    connects = list(behaviour.connects)

    def connect(*_: object) -> tuple[int, int, int]:
        if connects:
            return (connects[0] if behaviour.persistent else connects.pop(0)), 0, 0
        reader.card.power_on()
        return 0, 1, reader.protocol

    def transmit(card: int, pci: int, numbers: list[int]) -> tuple[int, list[int]]:
        result, answer = behaviour.transmit(reader, bytes(numbers))
        return int(result), list(answer)

    def status(card: int) -> tuple[int, str, int, int, list[int]]:
        return (0 if reader.card_present else 0x80100069), "", 0, 0, list(reader.atr)

    for name, stand_in in {
        "SCardEstablishContext": lambda scope: (0, 7),
        "SCardReleaseContext": lambda context: 0,
        "SCardConnect": connect,
        "SCardTransmit": transmit,
        "SCardDisconnect": lambda card, disposition: 0,
        "SCardStatus": status,
    }.items():
        monkeypatch.setattr(pcsc.scard, name, stand_in)
    monkeypatch.setattr(pcsc, "_REMOVAL_DELAY", 0.02)
    monkeypatch.setattr(pcsc, "_POWER_PAUSE", 0.0)
    monkeypatch.setattr(pcsc, "_BUSY_TIMEOUT", 0.12)
    return reader


def reception(image: CardImage) -> str:
    """Run all card operations of a reception and return the outcome."""
    link = pcsc.connect("reader")
    match link:
        case NoCard():
            return REMOVED
        case ReaderBusy():
            return IN_USE
        case ReaderLost(status=ReaderStatus.NO_SERVICE):
            return DENIED
        case ReaderLost():
            return LOST
        case NotMyNumberCard():
            return OTHER_CARD
        case CardUnreadable():
            return UNREADABLE
    assert isinstance(link, pcsc.PcscLink)
    try:
        return use_card(MyNumberCard(link), image)
    finally:
        link.close()


def use_card(card: MyNumberCard, image: CardImage) -> str:
    facts = card.read_facts()
    if not isinstance(facts, CardFacts):
        return {NotMyNumberCard: OTHER_CARD, CardGone: REMOVED, CardUnreadable: UNREADABLE}[type(facts)]
    assert card.read_user_certificate() == image.files[File.USER_CERTIFICATE]
    assert card.verify_printed_code(bytearray(image.printed_code, "ascii"), facts.code_tries_left) == CodeVerified()
    record = card.read_face_record()
    if not hasattr(record, "photo_jp2"):
        return UNREADABLE if isinstance(record, CardUnreadable) else REMOVED
    assert record.photo_jp2
    assert card.read_cv_certificate() == image.files[File.SURFACE_CV_CERTIFICATE]
    assert card.verify_pin(bytearray(b"1234"), facts.pin_tries_left) == PinVerified()
    signed = card.sign(b"statement"), card.prove_chip(b"statement")
    if all(isinstance(result, bytes) for result in signed):
        return READ
    assert all(isinstance(result, CardUnreadable) for result in signed)
    return NO_SIGNATURE


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
def test_each_behaviour_has_expected_outcome(
    behaviour: Behaviour, image: CardImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_reader(behaviour, image, monkeypatch)
    tries = {password: state.left for password, state in image.passwords.items()}
    assert reception(image) == behaviour.outcome
    assert {password: state.left for password, state in image.passwords.items()} == tries, "no try was used"


def test_behaviours_match_document() -> None:
    rows = [f"| {behaviour.name} | {behaviour.source} | {behaviour.outcome} |" for behaviour in BEHAVIOURS]
    documented = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line in set(rows)]
    assert documented == rows
    assert len(rows) >= 60
