"""A consent that is taken back: in the ledger first, told to the service until it knows."""

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
from terminal.simulated.service.misbehaviour import Manner, Operation, Rule


@pytest.fixture
def database_url() -> None:
    """In memory: the store has no part in this."""


class Shelf(Clock):
    """The counter's time, which passes when it is told to."""

    def __init__(self, counter: Any) -> None:
        super().__init__()
        self._counter = counter

    def wall(self) -> Any:
        return self._counter.now


@pytest.fixture
def books() -> Iterator[Worker]:
    worker = Worker("books")
    yield worker
    worker.close()


async def delivered(counter: Any, client: Any, card: Any, ledger: Ledger, delivery: Delivery) -> str:
    check_id: str = (await counter.opened(client, card)).check_id
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


def play(counter: Any, card: Any, tmp_path: Path, books: Worker, day: Any) -> Any:
    async def played(client: Any) -> Any:
        folder = FolderProcess(tmp_path / "results", owner="terminal-1", create=True)
        with Ledger.open(tmp_path / "ledger.db", "terminal-1", clock=lambda: counter.now) as ledger:
            delivery = Delivery(ledger, books, client, folder, Shelf(counter), "1319999999")
            check_id = await delivered(counter, client, card, ledger, delivery)
            return await day(client, delivery, check_id)

    return counter.play(played)


def test_told_at_once(counter: Any, card: Any, tmp_path: Path, books: Worker) -> None:
    async def day(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.now += timedelta(hours=1)
        assert await delivery.withdraw(check_id, [Item.MEDICINES])
        assert delivery.backlog() == 0
        with pytest.raises(LifeCycleError):
            await delivery.withdraw(check_id, [Item.MEDICINES])
        with pytest.raises(LifeCycleError):
            await delivery.withdraw(check_id, [Item.SURGERY])
        return await client.result(check_id)

    result = play(counter, card, tmp_path, books, day)
    assert {consent.item: consent.flag for consent in result.consents} == {Item.DIAGNOSIS: 1, Item.MEDICINES: 0}


@pytest.mark.parametrize("manner", [Manner.SILENT, Manner.LOST_ANSWER, Manner.FAILING])
def test_told_again_after_silence(counter: Any, card: Any, tmp_path: Path, books: Worker, manner: Manner) -> None:
    async def day(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.server.behaviour.set(Operation.WITHDRAW, Rule(manner=manner, times=2))
        patience, client._line._timeout = client._line._timeout, 0.5 if manner is Manner.SILENT else 20
        withdrawn_at = counter.now
        assert not await delivery.withdraw(check_id, [Item.DIAGNOSIS, Item.MEDICINES])
        assert delivery.backlog() == 1
        assert await delivery.work_off() == ()  # nothing is handed over twice
        client._line._timeout = patience
        counter.now += timedelta(hours=3)
        await delivery.work_off()
        assert delivery.backlog() == 0
        history = delivery.ledger.of_check(check_id)
        assert history is not None
        assert history.withdrawals[0].at == withdrawn_at
        return await client.result(check_id)

    result = play(counter, card, tmp_path, books, day)
    assert [consent.flag for consent in result.consents] == [0, 0]


def test_not_told_any_more_when_the_consent_has_ended(counter: Any, card: Any, tmp_path: Path, books: Worker) -> None:
    async def day(client: Any, delivery: Delivery, check_id: str) -> Any:
        counter.server.behaviour.set(Operation.WITHDRAW, Rule(manner=Manner.FAILING))
        await delivery.withdraw(check_id, [Item.MEDICINES])
        counter.now += timedelta(hours=24)
        await client.challenge()  # the service tells its time with every challenge
        await delivery.work_off()
        return delivery.backlog()

    assert play(counter, card, tmp_path, books, day) == 0


def test_killed_before_it_was_told(counter: Any, card: Any, tmp_path: Path, books: Worker) -> None:
    async def day(client: Any, delivery: Delivery, check_id: str) -> str:
        delivery.ledger.withdrawn(check_id, [Item.MEDICINES])
        return check_id

    check_id = play(counter, card, tmp_path, books, day)

    async def next_life(client: Any) -> Any:
        folder = FolderProcess(tmp_path / "results", owner="terminal-1", create=True)
        with Ledger.open(tmp_path / "ledger.db", "terminal-1", clock=lambda: counter.now) as ledger:
            delivery = Delivery(ledger, books, client, folder, Shelf(counter), "1319999999")
            assert delivery.backlog() == 1
            await delivery.work_off()
            assert delivery.backlog() == 0
        await asyncio.sleep(0)
        return await client.result(check_id)

    assert [consent.flag for consent in counter.play(next_life).consents] == [1, 0]
