"""Unplugged readers, two cards at the same time, and cards in use by another program."""

import asyncio
from typing import Any

import pytest

from reader.facts import ReaderStatus
from reader.softcard.slot import SimulatedSlot
from terminal.conductor import card_watch
from terminal.problems import ProblemCode
from terminal.session import effects as fx
from terminal.session import states as st
from tests.terminal.conductor.counter_fixture import Desk


def slot_of(desk: Desk) -> SimulatedSlot:
    slot = desk.readers.slot
    assert isinstance(slot, SimulatedSlot)
    return slot


def is_problem(code: ProblemCode) -> Any:
    return lambda state: isinstance(state, st.Problem) and state.problem is code


def test_reader_loss_alerts_staff_and_ends_when_it_is_plugged_in(desk: Desk) -> None:
    alerts: list[str] = []

    async def day() -> None:
        async with desk.open():
            desk.conductor.listen(
                on_effect=lambda effect: alerts.append(effect.reason) if isinstance(effect, fx.AlertStaff) else None
            )
            slot = slot_of(desk)
            await wait_for(lambda: desk.conductor.reader_name == slot.name)
            slot.unplug()
            idle = await desk.until(lambda state: isinstance(state, st.Idle) and state.out_of_service is not None)
            assert idle.out_of_service is ProblemCode.READER_LOST
            assert desk.conductor.reader_name is None
            slot.plug()
            await desk.until(lambda state: isinstance(state, st.Idle) and state.out_of_service is None)
            slot.insert(desk.card())
            await desk.until(st.ChoosingMethod)

    asyncio.run(day())
    assert alerts == ["U-502"]


def test_lost_pcsc_service_during_reception_is_shown_as_lost_reader(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            slot = slot_of(desk)
            slot.insert(desk.card())
            await desk.until(st.ChoosingMethod)
            slot.unplug(ReaderStatus.NO_SERVICE)
            await desk.until(is_problem(ProblemCode.READER_LOST))

    asyncio.run(day())


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_two_cards_are_a_problem_until_one_is_removed(desk: Desk, delay: float) -> None:
    """The second card may be detected before or after the first is read."""

    async def day() -> None:
        async with desk.open():
            slot = slot_of(desk)
            await wait_for(lambda: desk.conductor.reader_name == slot.name)
            assert "," in slot.name
            slot.insert(desk.card(), reader=1)
            await asyncio.sleep(delay)
            slot.insert(desk.card(), reader=0)
            await desk.until(is_problem(ProblemCode.TWO_CARDS))
            slot.remove(1)
            await desk.until(st.ChoosingMethod)

    asyncio.run(day())


def test_card_in_use_by_another_program_is_read_after_its_release(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(card_watch, "LOCKED_CARD_INTERVAL", 0.05)

    async def day() -> None:
        async with desk.open():
            slot = slot_of(desk)
            slot.hold("scdaemon (process 4711)")
            slot.insert(desk.card())
            await desk.until(is_problem(ProblemCode.CARD_HELD))
            await asyncio.sleep(0.2)
            assert isinstance(desk.conductor.state, st.Problem), "the problem ended while the card was in use"
            assert desk.conductor.card_held_by == ("scdaemon (process 4711)",)
            slot.hold(None)
            await desk.until(st.ChoosingMethod)
            assert desk.conductor.card_held_by == ()

    asyncio.run(day())
    assert "scdaemon (process 4711)" in caplog.text, "the log does not name the program"


async def wait_for(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)
