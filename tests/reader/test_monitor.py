"""Test the reader monitor with events that the virtual reader cannot produce: unplugging, quick swaps and faults."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from reader import pcsc, pcsc_slot
from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, SlotEvent

if TYPE_CHECKING:
    from .conftest import EventLog

Play = Callable[..., list[SlotEvent]]

EMPTY, PRESENT, MUTE, IN_USE = 0x10, 0x20, 0x200, 0x100
UNKNOWN = 0x04 | 0x02
READER = "ACS ACR1252 Dual Reader [PICC] 00 00"
SUCCESS, NO_SERVICE, UNKNOWN_READER = 0, 0x8010001D, 0x80100009


class Script:
    """A fake PC/SC service. Each step is a list of readers and the result of one wait."""

    def __init__(self, steps: list[tuple[list[str], int | Exception, int]]) -> None:
        self._steps = iter(steps)
        self._readers: list[str] = []
        self._answer: tuple[int | Exception, int | Exception] = (SUCCESS, 0)
        self._cancelled = threading.Event()
        self.ended = threading.Event()

    def establish(self, scope: int) -> tuple[int, int]:
        return SUCCESS, 7

    def readers(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        step = next(self._steps, None)
        if step is None:
            self.ended.set()
        else:
            self._readers, *answer = step
            self._answer = (answer[0], answer[1])
        return SUCCESS, self._readers

    def wait(self, context: int, timeout: int, states: list[tuple[str, int]]) -> tuple[int, list[object]]:
        if self.ended.is_set():
            self._cancelled.wait(60)
            return 0x80100002, []
        result, state = self._answer
        if isinstance(result, Exception):
            raise result
        return result, [(states[0][0], states[0][1], []), *((name, state, []) for name, _ in states[1:])]

    def cancel(self, context: int) -> int:
        self._cancelled.set()
        return SUCCESS


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, event_log: "EventLog") -> Play:
    def run(*steps: tuple[list[str], int | Exception, int]) -> list[SlotEvent]:
        script = Script(list(steps))
        monkeypatch.setattr(pcsc.scard, "SCardEstablishContext", script.establish)
        monkeypatch.setattr(pcsc.scard, "SCardListReaders", script.readers)
        monkeypatch.setattr(pcsc.scard, "SCardGetStatusChange", script.wait)
        monkeypatch.setattr(pcsc.scard, "SCardReleaseContext", lambda context: SUCCESS)
        monkeypatch.setattr(pcsc.scard, "SCardCancel", script.cancel)
        slot = pcsc_slot.PcscSlot(READER)
        slot.watch(event_log)
        assert script.ended.wait(60)
        slot.close()
        return event_log.all()

    return run


def test_insertion_and_removal_with_use_between_them(play: Play) -> None:
    assert play(
        ([READER], SUCCESS, EMPTY),
        ([READER], SUCCESS, 1 << 16 | PRESENT),
        ([READER], SUCCESS, 1 << 16 | PRESENT | IN_USE),
        ([READER], SUCCESS, 2 << 16 | EMPTY),
    ) == [CardInserted(), CardRemoved()]


def test_swap_between_two_polls_is_reported(play: Play) -> None:
    assert play(
        ([READER], SUCCESS, 1 << 16 | PRESENT),
        ([READER], SUCCESS, 3 << 16 | PRESENT),
    ) == [CardInserted(), CardRemoved(), CardInserted()]


def test_mute_card_is_reported_as_inserted(play: Play) -> None:
    assert play(([READER], SUCCESS, 1 << 16 | PRESENT | MUTE)) == [CardInserted()]


def test_reader_reconnected_with_its_card(play: Play) -> None:
    assert play(
        ([READER], SUCCESS, 1 << 16 | PRESENT),
        ([READER], SUCCESS, UNKNOWN),
        ([], SUCCESS, 0),
        ([READER], SUCCESS, 1 << 16 | PRESENT),
    ) == [CardInserted(), ReaderLost("reader not connected"), CardRemoved(), ReaderFound(READER), CardInserted()]


def test_reader_unplugged_between_listing_and_waiting(play: Play) -> None:
    assert play(
        ([READER], UNKNOWN_READER, 0),
        ([], SUCCESS, 0),
        ([READER], SUCCESS, EMPTY),
    ) == [ReaderLost("reader not connected"), ReaderFound(READER)]


def test_restarted_service_is_reported(play: Play) -> None:
    events = play(
        ([READER], SUCCESS, 1 << 16 | PRESENT),
        ([READER], NO_SERVICE, 0),
        ([READER], SUCCESS, 1 << 16 | PRESENT),
    )
    assert [type(event) for event in events] == [CardInserted, ReaderLost, CardRemoved, ReaderFound, CardInserted]


def test_internal_error_does_not_stop_monitor(play: Play) -> None:
    events = play(
        ([READER], SUCCESS, 1 << 16 | PRESENT),
        ([READER], OverflowError("in the wrapper"), 0),
        ([READER], SUCCESS, 1 << 16 | PRESENT),
    )
    assert [type(event) for event in events] == [CardInserted, ReaderLost, CardRemoved, ReaderFound, CardInserted]
