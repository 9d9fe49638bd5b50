"""Tests for hanging drivers and for readers limited to short commands."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from config.platform.current import system
from reader import pcsc
from reader.card import MyNumberCard
from reader.competing_programs import likely_holders
from reader.facts import CardFacts, CardGone, CardUnreadable, ReaderBusy
from reader.link import CommandRefused, LinkLost
from reader.softcard.card import SoftCard
from reader.softcard.card_image import CardImage

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import PcscdCounter


class Driver:
    """A fake PC/SC library with one card in one reader."""

    def __init__(self, card: SoftCard) -> None:
        self.card = card
        self.stuck: str = ""
        self.longest = 70_000
        self.protocol = pcsc.scard.SCARD_PROTOCOL_T1
        self.resume = threading.Event()
        self.calls: list[str] = []

    def _enter(self, call: str) -> None:
        if self.stuck == call:
            self.resume.wait(90)
        self.calls.append(call)

    def connect(self, *_: object) -> tuple[int, int, int]:
        self._enter("connect")
        self.card.power_on()
        return 0, 1, self.protocol

    def transmit(self, card: int, pci: int, command: list[int]) -> tuple[int, list[int]]:
        apdu = bytes(command)
        self._enter("transmit")
        if len(apdu) > 6 and apdu[4] == 0 and self.longest < 70_000:
            return 0x80100016, []
        return 0, list(self.card.transmit(apdu))

    def disconnect(self, card: int, disposition: int) -> int:
        self._enter("unpower" if disposition == pcsc.scard.SCARD_UNPOWER_CARD else "leave powered")
        self.card.power_off()
        return 0


@pytest.fixture
def driver(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    driver = Driver(SoftCard(image))
    for name, stand_in in {
        "SCardEstablishContext": lambda scope: (0, 7),
        "SCardReleaseContext": lambda context: 0,
        "SCardConnect": driver.connect,
        "SCardTransmit": driver.transmit,
        "SCardDisconnect": driver.disconnect,
        "SCardStatus": lambda card: (0, "", 0, 0, []),
    }.items():
        monkeypatch.setattr(pcsc.scard, name, stand_in)
    yield driver
    driver.resume.set()


def as_link(outcome: Any) -> pcsc.PcscLink:
    assert isinstance(outcome, pcsc.PcscLink)
    return outcome


def wait_until(condition: Any) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def test_mute_card_is_abandoned_and_powered_off_later(driver: Driver) -> None:
    before = threading.active_count()
    link = as_link(pcsc.connect("reader"))
    link._timeout = 0.1
    driver.stuck = "transmit"
    assert MyNumberCard(link).read_facts() == CardGone()
    with pytest.raises(LinkLost):
        link.transmit(b"\x00\x84\x00\x00\x08")
    link.close()
    assert "unpower" not in driver.calls
    driver.resume.set()
    assert wait_until(lambda: "unpower" in driver.calls)
    assert wait_until(lambda: threading.active_count() == before)


def test_hanging_connection_is_abandoned_and_released_later(driver: Driver) -> None:
    driver.stuck = "connect"
    assert pcsc.connect("reader", mute_after=0.1) == CardUnreadable(None, "connect: mute")
    driver.resume.set()
    assert wait_until(lambda: driver.calls == ["connect", "unpower"])


def test_each_reception_powers_off_card_and_ends_its_thread(driver: Driver) -> None:
    before = threading.active_count()
    for _ in range(5):
        link = as_link(pcsc.connect("reader"))
        assert isinstance(MyNumberCard(link).read_facts(), CardFacts)
        link.close()
    assert driver.calls.count("unpower") == 5
    assert wait_until(lambda: threading.active_count() == before)


def test_card_is_readable_with_short_commands_only(driver: Driver) -> None:
    driver.longest = 261
    link = as_link(pcsc.connect("reader"))
    with pytest.raises(CommandRefused):
        link.transmit(bytes.fromhex("00B08A00000000"))
    assert isinstance(MyNumberCard(link).read_facts(), CardFacts)


def test_extended_commands_are_not_sent_over_t0(driver: Driver) -> None:
    driver.protocol = pcsc.scard.SCARD_PROTOCOL_T0
    link = as_link(pcsc.connect("reader"))
    with pytest.raises(CommandRefused):
        link.transmit(bytes.fromhex("00B08A00000000"))
    assert isinstance(MyNumberCard(link).read_facts(), CardFacts)


@pytest.mark.pcscd
def test_mute_card_in_pcscd_is_abandoned(real_counter: "PcscdCounter", image: CardImage) -> None:
    class MuteCard(SoftCard):
        def transmit(self, apdu: bytes | bytearray) -> bytes:
            released.wait(90)
            return super().transmit(apdu)

    released = threading.Event()
    real_counter.insert(MuteCard(image))
    link = as_link(pcsc.connect(real_counter.vpcd.reader))
    link._timeout = 0.3
    assert MyNumberCard(link).read_facts() == CardGone()
    released.set()
    link.close()
    real_counter.remove()
    real_counter.insert(SoftCard(image))
    assert isinstance(MyNumberCard(real_counter.connect()).read_facts(), CardFacts)


def process(proc: "Path", pid: int, name: str, maps: str | None) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "comm").write_text(name + "\n")
    if maps is not None:
        (proc / str(pid) / "maps").write_text(maps)


def test_programs_that_may_use_card_are_listed(tmp_path: "Path") -> None:
    library = "7f0 r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libpcsclite.so.1.0.0\n"
    process(tmp_path, 10, "systemd", "")
    process(tmp_path, 20, "firefox", library)
    process(tmp_path, 30, "scdaemon", None)
    process(tmp_path, 40, "pcscd", library)
    (tmp_path / "self").mkdir()
    assert likely_holders(system.programs(tmp_path)) == ("scdaemon (process 30)", "firefox (process 20)")
    assert likely_holders(system.programs(tmp_path / "nowhere")) == ()


def test_busy_error_names_program_to_stop() -> None:
    error = ReaderBusy("ACR1252", ("scdaemon (process 30)", "firefox (process 20)", "pcsc_scan (process 7)"))
    assert "ACR1252, most likely scdaemon (process 30) or firefox (process 20): stop it" in str(error)
    assert "in ACR1252: stop it" in str(ReaderBusy("ACR1252"))
