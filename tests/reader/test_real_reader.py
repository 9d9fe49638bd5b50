"""Test the reader monitor with the real pcscd."""

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from reader.apdu import INS
from reader.card import MyNumberCard
from reader.facts import (
    CardFacts,
    CardGone,
    CardInserted,
    CardRemoved,
    NoCard,
    PinVerified,
    ReaderBusy,
    ReaderFound,
    ReaderLost,
)
from reader.profile import File
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

if TYPE_CHECKING:
    from reader.softcard.pcscd import Pcscd

    from .conftest import EventLog, PcscdCounter

pytestmark = pytest.mark.pcscd


def test_insertions_and_removals_are_reported(
    real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage
) -> None:
    real_counter.slot.watch(event_log)
    for _ in range(2):
        real_counter.insert(SoftCard(image))
        assert event_log.next() == CardInserted()
        real_counter.remove()
        assert event_log.next() == CardRemoved()
    assert event_log.is_silent()


def test_card_inserted_before_watching_is_reported(
    real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage
) -> None:
    real_counter.insert(SoftCard(image))
    real_counter.slot.watch(event_log)
    assert event_log.next() == CardInserted()


def test_using_card_reports_no_event(real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage) -> None:
    real_counter.slot.watch(event_log)
    real_counter.insert(SoftCard(image))
    assert event_log.next() == CardInserted()
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)
    real_counter.end_reception()
    assert event_log.is_silent(within=0.5)


def test_close_ends_thread(real_counter: "PcscdCounter", event_log: "EventLog") -> None:
    from reader.pcsc_slot import PcscSlot

    before = threading.active_count()
    for _ in range(20):
        slot = PcscSlot("Virtual PCD 00 00")
        slot.watch(event_log)
        slot.close()
    assert threading.active_count() == before


def test_idle_monitor_does_not_poll(pcscd: "Pcscd", event_log: "EventLog", monkeypatch: pytest.MonkeyPatch) -> None:
    from reader import pcsc, pcsc_slot

    waits = 0
    wait = pcsc.scard.SCardGetStatusChange

    def count_waits(context: int, timeout: int, states: list[tuple[str, int]]) -> object:
        nonlocal waits
        waits += 1
        return wait(context, timeout, states)

    monkeypatch.setattr(pcsc.scard, "SCardGetStatusChange", count_waits)
    slot = pcsc_slot.PcscSlot("Virtual PCD 00 00")
    slot.watch(event_log)
    # the number of waits stays constant unless the monitor polls
    previous, deadline = -1, time.monotonic() + 30
    while not waits or waits != previous:
        assert time.monotonic() < deadline, f"{waits} waits"
        previous = waits
        time.sleep(0.8)
    slot.close()


def test_quick_swap_is_reported(
    real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage, second_image: CardImage
) -> None:
    real_counter.slot.watch(event_log)
    real_counter.insert(SoftCard(image))
    first = MyNumberCard(real_counter.connect())
    real_counter.pull()
    real_counter.vpcd.insert(SoftCard(second_image))
    assert [event_log.next() for _ in range(3)] == [CardInserted(), CardRemoved(), CardInserted()]
    assert not isinstance(first.read_facts(), CardFacts)
    real_counter.end_reception()
    assert MyNumberCard(real_counter.connect()).read_user_certificate() == second_image.files[File.USER_CERTIFICATE]


@pytest.mark.parametrize(
    "times", [3, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(300)])], ids=["3 times", "20 times"]
)
def test_monitor_survives_daemon_restarts(
    pcscd: "Pcscd", real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage, times: int
) -> None:
    real_counter.slot.watch(event_log)
    real_counter.insert(SoftCard(image))
    assert event_log.next() == CardInserted()
    threads = threading.active_count()
    for _ in range(times):
        link = real_counter.connect()
        pcscd.stop()
        assert isinstance(event_log.next(), ReaderLost)
        assert event_log.next() == CardRemoved()
        assert MyNumberCard(link).read_facts() == CardGone()
        assert isinstance(real_counter.slot.connect(), ReaderLost)
        real_counter.end_reception()
        real_counter.pull()
        pcscd.start()
        assert event_log.next_after_loss() == ReaderFound("Virtual PCD 00 00")
        real_counter.insert(SoftCard(image))
        assert event_log.next() == CardInserted()
        assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)
        real_counter.end_reception()
    assert event_log.is_silent()
    assert wait_for_threads(threads)


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_reader_disappears_during_command(
    pcscd: "Pcscd", real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage, signal_number: signal.Signals
) -> None:
    """The service is stopped, because the virtual reader cannot be unplugged separately."""

    class UnpluggingCard(SoftCard):
        def transmit(self, apdu: bytes | bytearray) -> bytes:
            if apdu[1] == INS.READ_BINARY:
                pcscd.stop(signal_number)
            return super().transmit(apdu)

    real_counter.slot.watch(event_log)
    real_counter.insert(UnpluggingCard(image))
    assert event_log.next() == CardInserted()
    link = real_counter.connect()
    assert MyNumberCard(link).read_facts() == CardGone()
    assert isinstance(event_log.next(), ReaderLost)
    assert event_log.next() == CardRemoved()
    real_counter.end_reception()
    real_counter.pull()
    pcscd.start()
    assert isinstance(event_log.next_after_loss(), ReaderFound)
    real_counter.insert(SoftCard(image))
    assert event_log.next() == CardInserted()
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)


def wait_for_threads(threads: int) -> bool:
    """Wait until at most `threads` threads run. A connection's thread ends shortly after its last call."""
    deadline = time.monotonic() + 60
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    return threading.active_count() <= threads


def test_failing_listener_does_not_stop_monitor(
    real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage
) -> None:
    def failing_listener(event: object) -> None:
        event_log(event)  # type: ignore[arg-type]
        raise RuntimeError("listener failed")

    real_counter.slot.watch(failing_listener)
    real_counter.insert(SoftCard(image))
    assert event_log.next() == CardInserted()
    real_counter.remove()
    assert event_log.next() == CardRemoved()


CARD_HOLDER = """
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
answer = scard.SCardConnect(context, "Virtual PCD 00 00", scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1)
print(answer[0], flush=True)
input()
"""


def test_program_using_card_is_named(real_counter: "PcscdCounter", image: CardImage) -> None:
    real_counter.insert(SoftCard(image))
    with subprocess.Popen(
        [sys.executable, "-c", CARD_HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "0\n"
        busy = real_counter.slot.connect()
        assert busy == ReaderBusy("Virtual PCD 00 00")
        assert any(f"(process {other.pid})" in holder for holder in busy.holders)
        other.communicate("\n", timeout=60)
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)


def test_connecting_waits_for_another_program_to_release_card(real_counter: "PcscdCounter", image: CardImage) -> None:
    real_counter.insert(SoftCard(image))
    other = real_counter.connect()
    threading.Timer(0.3, other.close).start()
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)


def test_card_is_reported_only_for_its_reader(
    pcscd: "Pcscd", real_counter: "PcscdCounter", event_log: "EventLog", image: CardImage, second_image: CardImage
) -> None:
    from reader.pcsc_slot import PcscSlot
    from reader.softcard.vpcd import VpcdConnection

    second, other_log = PcscSlot("PCD 00 01"), type(event_log)()
    reader = VpcdConnection(1, port=pcscd.port)
    real_counter.slot.watch(event_log)
    second.watch(other_log)
    try:
        reader.insert(SoftCard(second_image))
        assert other_log.next() == CardInserted()
        assert event_log.is_silent(within=0.5)
        assert real_counter.slot.connect() == NoCard()
        real_counter.insert(SoftCard(image))
        link = second.connect()
        assert MyNumberCard(link).read_user_certificate() == second_image.files[File.USER_CERTIFICATE]  # type: ignore[arg-type]
        link.close()  # type: ignore[union-attr]
        assert MyNumberCard(real_counter.connect()).read_user_certificate() == image.files[File.USER_CERTIFICATE]
    finally:
        second.close()
        reader.remove()


def test_card_is_powered_off_after_every_reception(real_counter: "PcscdCounter", image: CardImage) -> None:
    class RecordingCard(SoftCard):
        power = False

        def power_on(self) -> None:
            RecordingCard.power = True
            super().power_on()

        def power_off(self) -> None:
            RecordingCard.power = False
            super().power_off()

    real_counter.insert(RecordingCard(image))
    card = MyNumberCard(real_counter.connect())
    assert isinstance(card.read_facts(), CardFacts)
    assert card.verify_pin(bytearray(b"1234"), 3) == PinVerified()
    assert RecordingCard.power
    real_counter.end_reception()
    # The virtual reader does not wait for confirmation by the card.
    deadline = time.monotonic() + 60
    while RecordingCard.power and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not RecordingCard.power


def test_missing_reader_is_lost(pcscd: "Pcscd", event_log: "EventLog") -> None:
    from reader.pcsc_slot import PcscSlot

    slot = PcscSlot("No such reader")
    slot.watch(event_log)
    assert isinstance(event_log.next(), ReaderLost)
    assert isinstance(slot.connect(), ReaderLost)
    slot.close()


def test_second_slot_is_separate_reader(pcscd: "Pcscd") -> None:
    from reader.pcsc import list_readers
    from reader.pcsc_slot import PcscSlot

    assert list_readers()[:2] == ["Virtual PCD 00 00", "Virtual PCD 00 01"]
    assert PcscSlot("Virtual PCD 00 01").connect() == NoCard()
