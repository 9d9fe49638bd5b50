"""Tests for the simulated slot, which reports the same events as a real reader."""

import threading
from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.facts import CardInserted, CardRemoved, NoCard, PinVerified, ReaderBusy
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.slot import SimulatedSlot
from reader.softcard.vpcd import VirtualReaderUnavailable, VpcdConnection

if TYPE_CHECKING:
    from .conftest import EventLog


def test_insertions_and_removals_are_reported(event_log: "EventLog", image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.watch(event_log)
    for _ in range(3):
        slot.insert(SoftCard(image))
        slot.remove()
    slot.remove()
    slot.close()
    assert [event_log.next() for _ in range(6)] == [CardInserted(), CardRemoved()] * 3
    assert event_log.is_silent()


def test_card_inserted_before_watching_is_reported_once(event_log: "EventLog", image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    slot.watch(event_log)
    assert event_log.next() == CardInserted()
    assert event_log.is_silent()
    slot.close()


def test_listener_can_close_slot_and_no_thread_is_left(image: CardImage) -> None:
    before = threading.active_count()
    slot = SimulatedSlot()
    closed = threading.Event()

    def listener(event: object) -> None:
        slot.close()
        closed.set()

    slot.watch(listener)
    slot.insert(SoftCard(image))
    assert closed.wait(60)
    slot.close()
    assert threading.active_count() == before


def test_only_one_connection_at_a_time(image: CardImage) -> None:
    slot = SimulatedSlot("front desk")
    assert slot.connect() == NoCard()
    slot.insert(SoftCard(image))
    link = slot.connect()
    assert not isinstance(link, NoCard)
    assert slot.connect() == ReaderBusy("front desk")
    link.close()  # type: ignore[union-attr]
    assert not isinstance(slot.connect(), ReaderBusy)


def test_closing_lost_link_does_not_affect_next_link(image: CardImage) -> None:
    slot, card = SimulatedSlot(), SoftCard(image)
    slot.insert(card)
    lost = slot.connect()
    slot.remove()
    slot.insert(card)
    link = MyNumberCard(slot.connect())  # type: ignore[arg-type]
    link.read_facts()
    assert link.verify_pin(bytearray(b"1234"), expected_left=3) == PinVerified()
    lost.close()  # type: ignore[union-attr]
    assert isinstance(link.sign(b"statement"), bytes)


def test_only_one_card_at_a_time(image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    with pytest.raises(RuntimeError, match="already in the slot"):
        slot.insert(SoftCard(image))


def test_scanner_reads_inserted_card(image: CardImage) -> None:
    slot = SimulatedSlot()
    slot.insert(SoftCard(image))
    assert slot.scanner.scan() == bytearray(image.printed_code, "ascii")
    slot.remove()
    assert slot.scanner.scan() is None


def test_missing_virtual_reader_is_reported_with_package_name(image: CardImage) -> None:
    # The port of slot 20000 is closed.
    with pytest.raises(VirtualReaderUnavailable, match="vsmartcard-vpcd"):
        VpcdConnection(slot=20_000, timeout=0.1).insert(SoftCard(image))
