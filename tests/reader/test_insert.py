"""Tests for keeping a card file in the virtual reader across daemon restarts."""

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
from reader.softcard.card_image import CardFile, CardFileError, CardImage
from reader.softcard.faults import FaultyCard, Pulled
from reader.softcard.insert import INSTALL_COMMANDS, NETWORK_WARNING, keep_inserted
from reader.softcard.paced import LinkPace, PacedCard

if TYPE_CHECKING:
    from reader.softcard.pcscd import Pcscd

    from .conftest import EventLog


@pytest.fixture
def card_file(tmp_path: Path, image: CardImage) -> Path:
    path = tmp_path / "card.json"
    CardFile(path).save(image)
    return path


@contextmanager
def inserted(path: Path, port: int, wrap: Callable[[SoftCard], Card] = lambda card: card) -> Iterator["Queue[str]"]:
    messages: Queue[str] = Queue()
    stop = threading.Event()
    options = {"port": port, "stop": stop, "report": messages.put, "wrap": wrap}
    thread = threading.Thread(target=keep_inserted, args=(path,), kwargs=options)
    thread.start()
    try:
        yield messages
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.pcscd
def test_inserted_card_file_is_updated_and_survives_restart(
    pcscd: "Pcscd", card_file: Path, event_log: "EventLog"
) -> None:
    from reader.pcsc_slot import PcscSlot

    slot = PcscSlot("Virtual PCD 00 00")
    slot.watch(event_log)
    with inserted(card_file, pcscd.port) as messages:
        assert messages.get(timeout=60) == "inserted into 'Virtual PCD 00 00'"
        assert event_log.next() == CardInserted()
        link = slot.connect()
        card = MyNumberCard(link)  # type: ignore[arg-type]
        assert isinstance(card.read_facts(), CardFacts)
        assert card.verify_pin(bytearray(b"0000"), 3) == PinWrong(2)
        link.close()  # type: ignore[union-attr]
        with pytest.raises(CardFileError, match="another process"):
            keep_inserted(card_file, stop=threading.Event(), report=print)
        pcscd.stop()
        assert messages.get(timeout=60) == "the PC/SC service has released the card"
        assert messages.get(timeout=60).startswith("waiting: no virtual reader")
        pcscd.start()
        assert messages.get(timeout=60) == "inserted into 'Virtual PCD 00 00'"
        while event_log.next() != CardInserted():
            pass
    assert messages.get(timeout=60) == "removed"
    assert event_log.next() == CardRemoved()
    assert CardFile(card_file).load().passwords[Password.USER_PIN].left == 2
    slot.close()


@pytest.mark.pcscd
def test_inserted_card_can_be_slow_and_faulty(pcscd: "Pcscd", card_file: Path, event_log: "EventLog") -> None:
    from reader.pcsc_slot import PcscSlot

    slot = PcscSlot("Virtual PCD 00 00")
    slot.watch(event_log)
    pace = LinkPace(424_000)
    with inserted(card_file, pcscd.port, lambda card: PacedCard(FaultyCard(card, 8, Pulled()), pace)) as messages:
        assert messages.get(timeout=60).startswith("inserted")
        assert event_log.next() == CardInserted()
        link = slot.connect()
        card = MyNumberCard(link)  # type: ignore[arg-type]
        started = time.perf_counter()
        assert isinstance(card.read_facts(), CardFacts)
        assert time.perf_counter() - started > 7 * pace.per_command
        assert card.verify_pin(bytearray(b"1234"), 3) == CardGone()
        link.close()  # type: ignore[union-attr]
        assert messages.get(timeout=60) == "the PC/SC service has released the card"
    slot.close()


def test_insertion_waits_for_daemon(card_file: Path) -> None:
    with inserted(card_file, port=9) as messages:
        assert "Install the packages pcscd and vsmartcard-vpcd" in messages.get(timeout=60)
    assert messages.empty()


@pytest.mark.parametrize("reader", [-1, 2])
def test_inserting_into_missing_slot_is_refused(card_file: Path, reader: int) -> None:
    with pytest.raises(ValueError, match="slots 0 to 1"):
        keep_inserted(card_file, reader=reader, stop=threading.Event(), report=print)


def test_inserting_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardFileError, match=r"nowhere\.json"):
        keep_inserted(tmp_path / "nowhere.json", stop=threading.Event(), report=print)


def test_messages_explain_installation_and_open_port() -> None:
    assert "vsmartcard-vpcd" in INSTALL_COMMANDS
    assert "all network interfaces" in NETWORK_WARNING
