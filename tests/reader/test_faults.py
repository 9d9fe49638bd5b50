"""Inject each card fault at each command and check the outcome and the PIN tries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from reader.apdu import INS
from reader.card import MyNumberCard
from reader.face_record import FaceRecord
from reader.facts import (
    CardFacts,
    CardGone,
    CardRemoved,
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
from reader.link import CardLink
from reader.pcsc_slot import PcscSlot
from reader.profile import File, Password
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.faults import FAULTS, CardFault, FaultyCard, Garbage, Mute, Pulled, PulledDuringResponse, Swapped
from reader.softcard.slot import SimulatedSlot

if TYPE_CHECKING:
    from .conftest import EventLog, PcscdCounter

GONE = (Pulled, PulledDuringResponse, Mute)
COMMANDS = 60
"""An upper limit for the commands of a reception with short reads."""


def linked(card: FaultyCard) -> CardLink:
    slot = SimulatedSlot()
    slot.insert(card)
    link = slot.connect()
    assert hasattr(link, "transmit")
    return link  # type: ignore[return-value]


def reception(card: MyNumberCard, code: bytes) -> Iterator[object]:
    """Yield the outcomes of a reception with the correct PIN and code, stopping as the conductor does."""
    facts = card.read_facts()
    yield facts
    if not isinstance(facts, CardFacts):
        return
    yield card.read_user_certificate()
    unlocked = card.verify_printed_code(bytearray(code), facts.code_tries_left)
    yield unlocked
    if isinstance(unlocked, CodeVerified):
        yield card.read_face_record()
        yield card.read_cv_certificate()
    yield card.prove_chip(b"statement")
    verified = card.verify_pin(bytearray(b"1234"), facts.pin_tries_left)
    yield verified
    if isinstance(verified, PinVerified):
        yield card.sign(b"statement")


SUCCESS = CardFacts | CodeVerified | PinVerified | FaceRecord | bytes
FAILURE = CardGone | CardUnreadable | NotMyNumberCard | NoCertificate | PinNotSent | CodeNotSent
DOCUMENTED = SUCCESS | FAILURE | PinWrong | CodeWrong | PinLocked | CodeLocked


@pytest.mark.parametrize("longest_read", [256, 65_536])
@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_at_each_command(image: CardImage, name: str, longest_read: int) -> None:
    fault = FAULTS[name]
    code = image.printed_code.encode()
    faults = 0
    for at in range(1, COMMANDS):
        faulty = FaultyCard(SoftCard(image), at, fault)
        outcomes = list(reception(MyNumberCard(linked(faulty), longest_read=longest_read), code))
        assert all(isinstance(outcome, DOCUMENTED) for outcome in outcomes)
        if isinstance(fault, GONE) and faulty.triggered:
            assert outcomes[-1] == CardGone(), f"command {at}: {outcomes[-1]}"
        tries_left = (image.passwords[Password.USER_PIN].left, image.passwords[Password.PRINTED_CODE].left)
        assert tries_left == (3, 10), f"command {at}: the correct PIN used a try"
        if not faulty.triggered:
            break
        faults += 1
    assert 8 <= faults < COMMANDS - 1


@pytest.mark.parametrize("sw", [0x6F00, 0x6982, 0x6984, 0x6700, 0x6A82, 0x63C1, 0x9000, 0x6100, 0x6C10])
def test_wrong_status_word_at_each_command(image: CardImage, sw: int) -> None:
    from reader.softcard.faults import WrongStatus

    for at in range(1, 16):
        faulty = FaultyCard(SoftCard(image), at, WrongStatus(sw))
        for outcome in reception(MyNumberCard(linked(faulty)), image.printed_code.encode()):
            assert isinstance(outcome, DOCUMENTED)
        assert (image.passwords[Password.USER_PIN].left, image.passwords[Password.PRINTED_CODE].left) == (3, 10)


def test_swapped_card_uses_no_try(image: CardImage, second_image: CardImage) -> None:
    """The other card has a different PIN and code. An attempt with either would use a try.

    Commands 1 to 7 read the facts, command 8 identifies the card and command 9 selects the application with the
    printed code. A swap between commands 8 and 9, which are milliseconds apart, cannot be detected.
    """
    for at in (8, *range(10, 20)):
        swapped = second_image.model_copy(deep=True)
        faulty = FaultyCard(SoftCard(image), at, Swapped(SoftCard(swapped)))
        first, *_ = reception(MyNumberCard(linked(faulty)), image.printed_code.encode())
        assert isinstance(first, CardFacts)
        tries_left = (swapped.passwords[Password.USER_PIN].left, swapped.passwords[Password.PRINTED_CODE].left)
        assert tries_left == (3, 10), f"swapped at command {at}"


@pytest.mark.parametrize("fault", [Pulled(), PulledDuringResponse(), Mute()], ids=["pulled", "in response", "mute"])
def test_wrong_pin_uses_try_only_if_card_received_it(image: CardImage, fault: CardFault) -> None:
    # The first three VERIFY commands read counters.
    card = MyNumberCard(linked(FaultyCard(SoftCard(image), 4, fault, ins=INS.VERIFY)))
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_pin(bytearray(b"0000"), expected_left=3) == CardGone()
    assert image.passwords[Password.USER_PIN].left == (2 if isinstance(fault, PulledDuringResponse) else 3)


def test_slot_reports_pulled_card_but_not_mute_card(image: CardImage, event_log: "EventLog") -> None:
    slot = SimulatedSlot()
    slot.watch(event_log)
    slot.insert(FaultyCard(SoftCard(image), 1, Mute()))
    event_log.next()
    assert MyNumberCard(slot.connect()).read_facts() == CardGone()  # type: ignore[arg-type]
    assert event_log.is_silent()
    slot.remove()
    assert event_log.next() == CardRemoved()
    slot.insert(FaultyCard(SoftCard(image), 1, Pulled()))
    event_log.next()
    assert MyNumberCard(slot.connect()).read_facts() == CardGone()  # type: ignore[arg-type]
    assert event_log.next() == CardRemoved()
    slot.close()


@pytest.mark.pcscd
@pytest.mark.parametrize(
    "fault",
    [Pulled(), PulledDuringResponse(), Mute(), Garbage(), FAULTS["truncated-tlv"]],
    ids=["pulled", "in response", "mute", "garbage", "truncated"],
)
def test_faults_through_pcscd(real_counter: "PcscdCounter", image: CardImage, fault: CardFault) -> None:
    """The reader accepts the next card after a fault in the real stack."""
    real_counter.insert(FaultyCard(SoftCard(image), 3, fault, ins=INS.READ_BINARY))
    link = PcscSlot(real_counter.vpcd.reader).connect()
    if isinstance(fault, Mute):
        link._timeout = 1.0  # type: ignore[union-attr]
    *_, last = reception(MyNumberCard(link), image.printed_code.encode())  # type: ignore[arg-type]
    assert last == CardGone() if isinstance(fault, GONE) else isinstance(last, SUCCESS | FAILURE)
    link.close()  # type: ignore[union-attr]
    real_counter.remove()
    real_counter.insert(SoftCard(image))
    assert MyNumberCard(real_counter.connect()).read_user_certificate() == image.files[File.USER_CERTIFICATE]
    assert image.passwords[Password.USER_PIN].left == 3
