"""Tests for multiple readers and for non-ASCII reader names, with the real pcscd."""

import time
from collections.abc import Iterator

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts, CardInserted, CardRemoved, ReaderLost, ReaderStatus, TwoCards
from reader.pcsc import list_readers
from reader.pcsc_slot import PcscSlot
from reader.profile import File
from reader.reader_names import choose_reader
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage
from reader.softcard.pcscd import Pcscd
from reader.softcard.vpcd import VpcdConnection
from reader.watch import SIMULTANEOUS_SECONDS

from .conftest import EventLog, wait_for_card_state

pytestmark = pytest.mark.pcscd

REPORT_SECONDS = 0.5
"""Seconds for the daemon to report a change. It polls every 0.4 s."""


class Desk:
    """Two virtual readers, and a slot that watches both or a named one."""

    def __init__(self, daemon: Pcscd, event_log: EventLog) -> None:
        self.readers = [VpcdConnection(number, port=daemon.port) for number in range(2)]
        self.event_log = event_log
        self.slot = PcscSlot(virtual=True)

    def watch(self, name: str | None = None) -> None:
        self.slot = PcscSlot(name, virtual=True)
        self.slot.watch(self.event_log)

    def expect(self, *kinds: type) -> list[str]:
        events = [self.event_log.next() for _ in kinds]
        assert [type(event) for event in events] == list(kinds)
        return [getattr(event, "reader", "") for event in events]

    def certificate(self) -> object:
        link = self.slot.connect()
        assert not isinstance(link, TwoCards), link
        try:
            return MyNumberCard(link).read_user_certificate()  # type: ignore[arg-type]
        finally:
            link.close()  # type: ignore[union-attr]

    def close(self) -> None:
        self.slot.close()
        for reader in self.readers:
            reader.remove()
        for reader in self.readers:
            wait_for_card_state(reader.reader, card=False)


@pytest.fixture
def desk(pcscd: Pcscd, event_log: EventLog) -> Iterator[Desk]:
    desk = Desk(pcscd, event_log)
    yield desk
    desk.close()


def test_card_inserted_before_watching_is_ignored_with_two_readers(
    desk: Desk, image: CardImage, second_image: CardImage
) -> None:
    first, second = desk.readers
    first.insert(SoftCard(second_image))
    wait_for_card_state(first.reader, card=True)
    desk.watch()
    second.insert(SoftCard(image))
    (reader,) = desk.expect(CardInserted)
    assert reader == second.reader
    assert desk.certificate() == image.files[File.USER_CERTIFICATE]

    # the ignored card is used after it has been removed and reinserted
    time.sleep(SIMULTANEOUS_SECONDS)
    first.remove()
    first.insert(SoftCard(second_image))
    assert desk.event_log.is_silent(REPORT_SECONDS), "the card in use is not affected"
    assert desk.slot.connect() == TwoCards()
    second.remove()
    assert desk.expect(CardRemoved, CardInserted) == [second.reader, first.reader]
    assert desk.certificate() == second_image.files[File.USER_CERTIFICATE]
    first.remove()
    assert desk.expect(CardRemoved) == [first.reader]


def test_only_named_reader_is_watched(desk: Desk, image: CardImage, second_image: CardImage) -> None:
    desk.watch("virtual pcd ?? 01")
    desk.readers[0].insert(SoftCard(second_image))
    assert desk.event_log.is_silent(REPORT_SECONDS)
    desk.readers[1].insert(SoftCard(image))
    desk.expect(CardInserted)
    assert desk.certificate() == image.files[File.USER_CERTIFICATE]


def test_name_that_matches_no_reader_is_reported(desk: Desk) -> None:
    desk.watch("ACR1252")
    assert desk.event_log.next() == ReaderLost("reader not connected", ReaderStatus.NAMED_MISSING)


@pytest.mark.parametrize("name", ["窓口のリーダー", "K3000 ＠", "Lecteur à carte", "\udc91\udc8b\udc8c\udcfb"])
def test_readers_with_non_ascii_names_are_used(name: str, event_log: EventLog, image: CardImage) -> None:
    """The last name is in Shift_JIS, which pyscard cannot list."""
    with Pcscd(name) as daemon:
        reader, slot = VpcdConnection(port=daemon.port), PcscSlot(name)
        names = list_readers()
        assert names == [f"{name} 00 00", f"{name} 00 01"]
        assert choose_reader(names, name) == names[0]
        try:
            slot.watch(event_log)
            for _ in range(2):
                reader.insert(SoftCard(image))
                assert event_log.next() == CardInserted()
                link = slot.connect()
                assert isinstance(MyNumberCard(link).read_facts(), CardFacts)  # type: ignore[arg-type]
                link.close()  # type: ignore[union-attr]
                reader.remove()
                assert event_log.next() == CardRemoved()
        finally:
            slot.close()
            reader.remove()
