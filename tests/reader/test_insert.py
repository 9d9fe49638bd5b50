"""A card file kept in the virtual reader, whatever the daemon does meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from reader.card import MyNumberCard
from reader.facts import CardFacts, CardGone, CardInserted, CardRemoved, PinWrong
from reader.profile import Password
from reader.softcard.card import Card, SoftCard
from reader.softcard.faults import FaultyCard, Pulled
from reader.softcard.image import CardFile, CardFileError, CardImage
from reader.softcard.insert import HOW_TO_INSTALL, OPEN_TO_THE_NETWORK, keep_inserted
from reader.softcard.paced import LinkPace, PacedCard

if TYPE_CHECKING:
    from reader.softcard.pcscd import Pcscd

    from .conftest import Heard


@pytest.fixture
def card_file(tmp_path: Path, image: CardImage) -> Path:
    path = tmp_path / "card.json"
    CardFile(path).save(image)
    return path


@contextmanager
def kept(path: Path, port: int, wrap: Callable[[SoftCard], Card] = lambda card: card) -> Iterator["Queue[str]"]:
    told: Queue[str] = Queue()
    stop = threading.Event()
    options = {"port": port, "stop": stop, "tell": told.put, "wrap": wrap}
    thread = threading.Thread(target=keep_inserted, args=(path,), kwargs=options)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.pcscd
def test_it_is_read_counts_and_comes_back_after_a_restart(pcscd: "Pcscd", card_file: Path, heard: "Heard") -> None:
    from reader.pcsc_slot import PcscSlot

    slot = PcscSlot("Virtual PCD 00 00")
    slot.watch(heard)
    with kept(card_file, pcscd.port) as told:
        assert told.get(timeout=60) == "inserted into 'Virtual PCD 00 00'"
        assert heard.next() == CardInserted()
        link = slot.connect()
        card = MyNumberCard(link)  # type: ignore[arg-type]
        assert isinstance(card.read_facts(), CardFacts)
        assert card.verify_pin(bytearray(b"0000"), 3) == PinWrong(2)
        link.close()  # type: ignore[union-attr]
        with pytest.raises(CardFileError, match="another process"):
            keep_inserted(card_file, stop=threading.Event(), tell=print)
        pcscd.stop()
        assert told.get(timeout=60) == "the PC/SC service has released the card"
        assert told.get(timeout=60).startswith("waiting: no virtual reader")
        pcscd.start()
        assert told.get(timeout=60) == "inserted into 'Virtual PCD 00 00'"
        while heard.next() != CardInserted():
            pass
    assert told.get(timeout=60) == "removed"
    assert heard.next() == CardRemoved()
    assert CardFile(card_file).load().passwords[Password.USER_PIN].left == 2
    slot.close()


@pytest.mark.pcscd
def test_it_may_be_as_slow_as_the_radio_and_fail_when_told(pcscd: "Pcscd", card_file: Path, heard: "Heard") -> None:
    from reader.pcsc_slot import PcscSlot

    slot = PcscSlot("Virtual PCD 00 00")
    slot.watch(heard)
    pace = LinkPace(424_000)
    with kept(card_file, pcscd.port, lambda card: PacedCard(FaultyCard(card, 8, Pulled()), pace)) as told:
        assert told.get(timeout=60).startswith("inserted")
        assert heard.next() == CardInserted()
        link = slot.connect()
        card = MyNumberCard(link)  # type: ignore[arg-type]
        started = time.perf_counter()
        assert isinstance(card.read_facts(), CardFacts)
        assert time.perf_counter() - started > 7 * pace.per_command
        assert card.verify_pin(bytearray(b"1234"), 3) == CardGone()
        link.close()  # type: ignore[union-attr]
        assert told.get(timeout=60) == "the PC/SC service has released the card"
    slot.close()


def test_it_waits_for_a_daemon_that_is_not_up(card_file: Path) -> None:
    with kept(card_file, port=9) as told:
        assert "install the packages pcscd and vsmartcard-vpcd" in told.get(timeout=60)
    assert told.empty()


@pytest.mark.parametrize("reader", [-1, 2])
def test_no_such_slot(card_file: Path, reader: int) -> None:
    with pytest.raises(ValueError, match="slots 0 to 1"):
        keep_inserted(card_file, reader=reader, stop=threading.Event(), tell=print)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CardFileError, match=r"nowhere\.json"):
        keep_inserted(tmp_path / "nowhere.json", stop=threading.Event(), tell=print)


def test_what_the_user_is_told() -> None:
    assert "vsmartcard-vpcd" in HOW_TO_INSTALL
    assert "all network interfaces" in OPEN_TO_THE_NETWORK
