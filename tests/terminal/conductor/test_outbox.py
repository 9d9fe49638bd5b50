"""The outbox: checks left undecided because the ledger was full, discarded checks and undeliverable results."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from consent import store
from terminal.conductor import conductor
from terminal.conductor.delivery import DeliveryOutcome, DeliveryStage
from terminal.problems import ProblemCode
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.service.misbehaviour import Operation
from tests.terminal.conductor.counter_fixture import Desk

LIFE_CYCLE = ["opened", "decided", "confirmed", "handing-over", "delivered"]


def fail_with_disk_full(*_: object) -> None:
    raise store.LedgerUnwritable("ledger.db: disk full")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def busy_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "OUTBOX_INTERVAL", 0.01)


@pytest.mark.usefixtures("busy_outbox")
def test_check_interrupted_by_full_ledger_is_later_submitted_without_consent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            with monkeypatch.context() as patch:
                patch.setattr(store.LedgerStore, "append", fail_with_disk_full)
                await desk.share_all()
                state = await desk.until(st.Problem)
                assert state.problem is ProblemCode.LEDGER_FAILED
                await desk.take_card()
            await until(lambda: desk.record_kinds() == LIFE_CYCLE)

    asyncio.run(day())
    (result,) = desk.results()
    assert set(flags_in(result).values()) == {0}


def test_running_reception_is_not_treated_as_interrupted(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            await desk.conductor._settle_interrupted()
            assert desk.record_kinds() == ["opened"]
            await desk.share_all()
            state = await desk.until(st.Complete)
            assert state.outcome is st.Outcome.DONE

    asyncio.run(day())
    assert set(flags_in(desk.results()[0]).values()) == {1}


def test_discarded_check_is_not_submitted_even_if_ledger_failed(
    counter: DemoCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(counter, counter.settings, staff_enabled=True)

    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            with monkeypatch.context() as patch:
                patch.setattr(store.LedgerStore, "append", fail_with_disk_full)
                desk.touch(ev.StaffAuthenticated)
                desk.touch(ev.StaffDiscarded)
                await desk.until(st.Idle)
                await until(lambda: not desk.conductor._running)
            await desk.conductor._settle_interrupted()

    asyncio.run(day())
    assert desk.record_kinds() == ["opened"]


def test_undeliverable_check_does_not_block_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def day() -> None:
        async with desk.open():
            desk.counter.stub.silence(Operation.SUBMIT)
            for _ in range(2):
                await desk.share_all_by_pin()
            desk.counter.stub.clear_rules()
            delivery = desk.conductor.delivery
            first = delivery.ledger.unfinished()[0].check_id
            monkeypatch.setattr(delivery, "deliver", failing_delivery(first, delivery.deliver))
            (outcome,) = await delivery.process_outbox()
            assert outcome.stage is DeliveryStage.DELIVERED
            assert [history.check_id for history in delivery.ledger.unfinished()] == [first]

    asyncio.run(day())
    assert len(desk.results()) == 1


def failing_delivery(
    failing_id: str, deliver: Callable[..., Awaitable[DeliveryOutcome]]
) -> Callable[..., Awaitable[DeliveryOutcome]]:
    async def deliver_or_fail(check_id: str, *, again: bool = False) -> DeliveryOutcome:
        if check_id == failing_id:
            raise ValueError("unexpected result")
        return await deliver(check_id, again=again)

    return deliver_or_fail


def test_refusal_received_by_outbox_is_shown_in_reception(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> DeliveryOutcome:
        return DeliveryOutcome(DeliveryStage.REFUSED)

    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            monkeypatch.setattr(desk.conductor.delivery, "deliver", refuse)
            await desk.share_all()
            state = await desk.until(st.Problem)
            assert state.problem is ProblemCode.SERVICE_REFUSED

    asyncio.run(day())


def test_stop_waits_for_record_of_moved_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the record, the next start would deliver the file again."""

    async def silent_day() -> None:
        async with desk.open():
            await desk.reach_consent()
            desk.counter.stub.silence(Operation.SUBMIT)
            await desk.share_all()
            await desk.until(st.Complete)
            await desk.take_card()

    async def next_day_with_early_stop() -> None:
        desk.counter.stub.clear_rules()
        async with desk.open():
            folder = desk.conductor.delivery._folder
            move = folder.move

            def move_slowly(name: str, digest: str) -> object:
                outcome = move(name, digest)
                time.sleep(0.3)
                return outcome

            monkeypatch.setattr(folder, "move", move_slowly)
            await until(lambda: bool(desk.results()))

    asyncio.run(silent_day())
    asyncio.run(next_day_with_early_stop())
    assert desk.record_kinds() == LIFE_CYCLE
