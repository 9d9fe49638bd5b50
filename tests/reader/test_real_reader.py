"""The monitor on the real pcscd: cards come and go, the daemon is restarted, another program is in the way."""

import threading
import time
from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts, CardInserted, CardRemoved, NoCard, ReaderBusy, ReaderFound, ReaderLost
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.image import CardImage

if TYPE_CHECKING:
    from reader.softcard.pcscd import Pcscd

    from .conftest import Heard, PcscdCounter

pytestmark = pytest.mark.pcscd


def test_cards_come_and_go(real_counter: "PcscdCounter", heard: "Heard", image: CardImage) -> None:
    real_counter.slot.watch(heard)
    for _ in range(2):
        real_counter.insert(SoftCard(image))
        assert heard.next() == CardInserted()
        real_counter.remove()
        assert heard.next() == CardRemoved()
    assert heard.nothing_more()


def test_a_card_that_lies_there_already_is_reported(
    real_counter: "PcscdCounter", heard: "Heard", image: CardImage
) -> None:
    real_counter.insert(SoftCard(image))
    real_counter.slot.watch(heard)
    assert heard.next() == CardInserted()


def test_using_the_card_is_no_event(real_counter: "PcscdCounter", heard: "Heard", image: CardImage) -> None:
    real_counter.slot.watch(heard)
    real_counter.insert(SoftCard(image))
    assert heard.next() == CardInserted()
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)
    real_counter.end_reception()
    assert heard.nothing_more(within=0.5)


def test_close_ends_the_thread_at_once(real_counter: "PcscdCounter", heard: "Heard") -> None:
    from reader.pcsc import PcscSlot

    before = threading.active_count()
    for _ in range(20):
        slot = PcscSlot("Virtual PCD 00 00")
        slot.watch(heard)
        started = time.monotonic()
        slot.close()
        assert time.monotonic() - started < 1
    assert threading.active_count() == before


def test_an_idle_monitor_does_not_poll(pcscd: "Pcscd", heard: "Heard", monkeypatch: pytest.MonkeyPatch) -> None:
    from reader import pcsc

    waits = 0
    wait = pcsc.scard.SCardGetStatusChange

    def counted(context: int, timeout: int, states: list[tuple[str, int]]) -> object:
        nonlocal waits
        waits += 1
        return wait(context, timeout, states)

    monkeypatch.setattr(pcsc.scard, "SCardGetStatusChange", counted)
    slot = pcsc.PcscSlot("Virtual PCD 00 00")
    slot.watch(heard)
    time.sleep(0.2)
    settled = waits
    time.sleep(0.8)
    assert (settled > 0, waits - settled) == (True, 0)
    slot.close()


def test_a_card_swapped_in_a_blink(
    real_counter: "PcscdCounter", heard: "Heard", image: CardImage, another: CardImage
) -> None:
    real_counter.slot.watch(heard)
    real_counter.insert(SoftCard(image))
    first = MyNumberCard(real_counter.connect())
    real_counter.pull()
    real_counter.vpcd.insert(SoftCard(another))
    assert [heard.next() for _ in range(3)] == [CardInserted(), CardRemoved(), CardInserted()]
    assert not isinstance(first.read_facts(), CardFacts)
    real_counter.end_reception()
    assert MyNumberCard(real_counter.connect()).read_user_certificate() == another.files[File.USER_CERTIFICATE]


def test_the_monitor_outlives_a_restart_of_the_daemon(
    pcscd: "Pcscd", real_counter: "PcscdCounter", heard: "Heard", image: CardImage
) -> None:
    if not pcscd.ours:
        pytest.skip("pcscd was running before the tests and is not theirs to stop")
    real_counter.slot.watch(heard)
    real_counter.insert(SoftCard(image))
    assert heard.next() == CardInserted()
    link = real_counter.connect()
    pcscd.stop()
    assert heard.next() == CardRemoved()
    assert isinstance(heard.next(), ReaderLost)
    assert not isinstance(MyNumberCard(link).read_facts(), CardFacts)
    assert isinstance(real_counter.slot.connect(), ReaderLost)
    real_counter.end_reception()
    real_counter.pull()
    pcscd.start()
    assert heard.next() == ReaderFound("Virtual PCD 00 00")
    real_counter.insert(SoftCard(image))
    assert heard.next() == CardInserted()
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)


def test_a_listeners_mistake_does_not_blind_the_monitor(
    real_counter: "PcscdCounter", heard: "Heard", image: CardImage
) -> None:
    def clumsy(event: object) -> None:
        heard(event)  # type: ignore[arg-type]
        raise RuntimeError("listener's mistake")

    real_counter.slot.watch(clumsy)
    real_counter.insert(SoftCard(image))
    assert heard.next() == CardInserted()
    real_counter.remove()
    assert heard.next() == CardRemoved()


def test_another_program_holds_the_card(real_counter: "PcscdCounter", image: CardImage) -> None:
    from reader.pcsc import PcscSlot

    real_counter.insert(SoftCard(image))
    real_counter.connect()
    assert PcscSlot("Virtual PCD 00 00").connect() == ReaderBusy("Virtual PCD 00 00")


def test_a_reader_that_is_not_there(pcscd: "Pcscd", heard: "Heard") -> None:
    from reader.pcsc import PcscSlot

    slot = PcscSlot("No such reader")
    slot.watch(heard)
    assert isinstance(heard.next(), ReaderLost)
    assert isinstance(slot.connect(), ReaderLost)
    slot.close()


def test_the_second_slot_is_another_reader(pcscd: "Pcscd") -> None:
    from reader.pcsc import PcscSlot, list_readers

    assert list_readers()[:2] == ["Virtual PCD 00 00", "Virtual PCD 00 01"]
    assert PcscSlot(1).connect() == NoCard()
