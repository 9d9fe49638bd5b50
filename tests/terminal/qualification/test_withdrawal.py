"""Tests that withdrawals are recorded in the ledger and sent until the service confirms them."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.profiles import Profile
from consent.items import Item
from consent.ledger import Ledger
from consent.lifecycle import LifeCycleError
from consent.records import Cause, Decided, Opened, RecordedAnswer
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import Delivery, DeliveryStage
from terminal.conductor.worker import Worker
from terminal.handover.process import FolderProcess
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


class CounterClock(Clock):
    """A clock that returns the counter's adjustable time."""

    def __init__(self, counter: Any) -> None:
        super().__init__()
        self._counter = counter

    def wall(self) -> Any:
        return self._counter.now


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("worker")
    yield worker
    worker.close()


async def deliver_result(counter: Any, client: Any, card: Any, ledger: Ledger, delivery: Delivery) -> str:
    check_id: str = (await counter.open_check(client, card)).check_id
    common: dict[str, Any] = {
        "check_id": check_id,
        "reception_id": f"r-{check_id}",
        "card": "c" * 64,
        "profile": Profile.CLINIC,
    }
    ledger.opened(Opened(way="pin", **common))
    answers = tuple(
        RecordedAnswer(
            item=item, granted=True, answered_at=counter.now, question_id="q", language="ja", wording="よいですか"
        )
        for item in (Item.DIAGNOSIS, Item.MEDICINES)
    )
    ledger.decided(
        Decided(
            idempotency_key=f"r-{check_id}",
            decided_at=counter.now,
            cause=Cause.ANSWERED,
            answers=answers,
            result_file="OQSsiquc01res_face_1_20261120091504",
            **common,
        )
    )
    assert (await delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED
    return check_id


def play(counter: Any, card: Any, tmp_path: Path, worker: Worker, scenario: Any) -> Any:
    async def run(client: Any) -> Any:
        folder = FolderProcess(tmp_path / "results", owner="terminal-1", create=True)
        with Ledger.open(tmp_path / "ledger.db", "terminal-1", clock=lambda: counter.now) as ledger:
            delivery = Delivery(ledger, worker, client, folder, CounterClock(counter), "1319999999")
            check_id = await deliver_result(counter, client, card, ledger, delivery)
            return await scenario(client, delivery, check_id)

    return counter.play(run)


def test_withdrawal_is_sent_immediately(counter: Any, card: Any, tmp_path: Path, worker: Worker) -> None:
    async def scenario(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.now += timedelta(hours=1)
        assert await delivery.withdraw(check_id, [Item.MEDICINES])
        assert delivery.backlog() == 0
        with pytest.raises(LifeCycleError):
            await delivery.withdraw(check_id, [Item.MEDICINES])
        with pytest.raises(LifeCycleError):
            await delivery.withdraw(check_id, [Item.SURGERY])
        return await client.result(check_id)

    result = play(counter, card, tmp_path, worker, scenario)
    assert {consent.item: consent.flag for consent in result.consents} == {Item.DIAGNOSIS: 1, Item.MEDICINES: 0}


@pytest.mark.parametrize("mode", [ResponseMode.SILENT, ResponseMode.LOST_ANSWER, ResponseMode.FAILING])
def test_withdrawal_is_retried_after_failure(
    counter: Any, card: Any, tmp_path: Path, worker: Worker, mode: ResponseMode
) -> None:
    async def scenario(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.server.behaviour.set(Operation.WITHDRAW, Rule(mode=mode, times=2))
        timeout, client._connection._timeout = client._connection._timeout, 0.5 if mode is ResponseMode.SILENT else 20
        withdrawn_at = counter.now
        assert not await delivery.withdraw(check_id, [Item.DIAGNOSIS, Item.MEDICINES])
        assert delivery.backlog() == 1
        assert await delivery.process_outbox() == ()  # the result is not delivered again
        client._connection._timeout = timeout
        counter.now += timedelta(hours=3)
        await delivery.process_outbox()
        assert delivery.backlog() == 0
        history = delivery.ledger.history(check_id)
        assert history is not None
        assert history.withdrawals[0].at == withdrawn_at
        return await client.result(check_id)

    result = play(counter, card, tmp_path, worker, scenario)
    assert [consent.flag for consent in result.consents] == [0, 0]


def test_withdrawal_is_not_sent_after_consent_has_expired(
    counter: Any, card: Any, tmp_path: Path, worker: Worker
) -> None:
    async def scenario(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.server.behaviour.set(Operation.WITHDRAW, Rule(mode=ResponseMode.FAILING))
        await delivery.withdraw(check_id, [Item.MEDICINES])
        counter.now += timedelta(hours=24)
        await client.challenge()  # sets the service time known to the client
        await delivery.process_outbox()
        return delivery.backlog()

    assert play(counter, card, tmp_path, worker, scenario) == 0


def test_withdrawal_is_sent_after_restart(counter: Any, card: Any, tmp_path: Path, worker: Worker) -> None:
    async def scenario(client: Any, delivery: Delivery, check_id: str) -> str:
        delivery.ledger.withdrawn(check_id, [Item.MEDICINES])
        return check_id

    check_id = play(counter, card, tmp_path, worker, scenario)

    async def next_run(client: Any) -> Any:
        folder = FolderProcess(tmp_path / "results", owner="terminal-1", create=True)
        with Ledger.open(tmp_path / "ledger.db", "terminal-1", clock=lambda: counter.now) as ledger:
            delivery = Delivery(ledger, worker, client, folder, CounterClock(counter), "1319999999")
            assert delivery.backlog() == 1
            await delivery.process_outbox()
            assert delivery.backlog() == 0
        await asyncio.sleep(0)
        return await client.result(check_id)

    assert [consent.flag for consent in counter.play(next_run).consents] == [1, 0]
