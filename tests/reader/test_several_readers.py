"""Several readers on the real pcscd, and readers whose names are not ASCII."""

import time
from collections.abc import Iterator

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts, CardInserted, CardRemoved, ReaderLost, ReaderStanding, TwoCards
from reader.names import choose_reader
from reader.pcsc import list_readers
from reader.pcsc_slot import PcscSlot
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.image import CardImage
from reader.softcard.pcscd import Pcscd
from reader.softcard.vpcd import VpcdConnection
from reader.watch import TOGETHER

from .conftest import Heard, until_noticed

pytestmark = pytest.mark.pcscd

NOTICED = 0.5
"""Seconds after which the daemon, which looks every 0.4 s, knows."""


class Desk:
    """Two places for a card, one slot that watches what it is told to."""

    def __init__(self, daemon: Pcscd, heard: Heard) -> None:
        self.places = [VpcdConnection(number, port=daemon.port) for number in range(2)]
        self.heard = heard
        self.slot = PcscSlot(virtual=True)

    def watch(self, wanted: str | None = None) -> None:
        self.slot = PcscSlot(wanted, virtual=True)
        self.slot.watch(self.heard)

    def expect(self, *kinds: type) -> list[str]:
        events = [self.heard.next() for _ in kinds]
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
        for place in self.places:
            place.remove()
        for place in self.places:
            until_noticed(place.reader, card=False)


@pytest.fixture
def desk(pcscd: Pcscd, heard: Heard) -> Iterator[Desk]:
    desk = Desk(pcscd, heard)
    yield desk
    desk.close()


def test_two_readers_and_a_card_that_lay_there_before(desk: Desk, image: CardImage, another: CardImage) -> None:
    first, second = desk.places
    first.insert(SoftCard(another))
    until_noticed(first.reader, card=True)
    desk.watch()
    second.insert(SoftCard(image))
    (reader,) = desk.expect(CardInserted)
    assert reader == second.reader
    assert desk.certificate() == image.files[File.USER_CERTIFICATE]

    # the card of before is taken out and put in again: now it counts, and there are two
    time.sleep(TOGETHER)
    first.remove()
    first.insert(SoftCard(another))
    assert desk.heard.nothing_more(NOTICED), "the card in use is not disturbed"
    assert desk.slot.connect() == TwoCards()
    second.remove()
    assert desk.expect(CardRemoved, CardInserted) == [second.reader, first.reader]
    assert desk.certificate() == another.files[File.USER_CERTIFICATE]
    first.remove()
    assert desk.expect(CardRemoved) == [first.reader]


def test_only_the_named_one_is_watched(desk: Desk, image: CardImage, another: CardImage) -> None:
    desk.watch("virtual pcd ?? 01")
    desk.places[0].insert(SoftCard(another))
    assert desk.heard.nothing_more(NOTICED)
    desk.places[1].insert(SoftCard(image))
    desk.expect(CardInserted)
    assert desk.certificate() == image.files[File.USER_CERTIFICATE]


def test_a_name_that_fits_none_of_them(desk: Desk) -> None:
    desk.watch("ACR1252")
    assert desk.heard.next() == ReaderLost("reader not connected", ReaderStanding.NAMED_MISSING)


@pytest.mark.parametrize("name", ["窓口のリーダー", "K3000 ＠", "Lecteur à carte", "\udc91\udc8b\udc8c\udcfb"])
def test_a_name_that_is_not_ascii(name: str, heard: Heard, image: CardImage) -> None:
    """The last one is Shift_JIS, which pyscard cannot even list."""
    with Pcscd(name) as daemon:
        place, slot = VpcdConnection(port=daemon.port), PcscSlot(name)
        names = list_readers()
        assert names == [f"{name} 00 00", f"{name} 00 01"]
        assert choose_reader(names, name) == names[0]
        try:
            slot.watch(heard)
            for _ in range(2):
                place.insert(SoftCard(image))
                assert heard.next() == CardInserted()
                link = slot.connect()
                assert isinstance(MyNumberCard(link).read_facts(), CardFacts)  # type: ignore[arg-type]
                link.close()  # type: ignore[union-attr]
                place.remove()
                assert heard.next() == CardRemoved()
        finally:
            slot.close()
            place.remove()
