"""The folder fails: only the check's id and the file's name are kept, and the result is fetched again when it works."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from consent.ledger import Ledger
from consent.outbox import undelivered
from consent.records import AskedQuestion, Cause, Confirmed, Decided, Opened, RecordedAnswer
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import Delivery, Stage
from terminal.conductor.worker import Worker
from terminal.handover.folder import ResultFolder, Undelivered
from terminal.handover.name import result_file_stem
from terminal.qualification.contract import QualificationResult

CHECK = "0123456789abcdef0123456789abcdef"
CARD = "c" * 64


class Service:
    """Stands in for the service's client: it has the submission, and counts how often the result is fetched."""

    def __init__(self, result: QualificationResult) -> None:
        self.fetched = 0
        self._result = result

    async def result(self, check_id: str) -> QualificationResult:
        assert check_id == CHECK
        self.fetched += 1
        return self._result


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One check, decided and confirmed by the service, not delivered."""
    now = Clock().wall()
    ledger = Ledger.open(tmp_path / "state" / "ledger.db", "terminal-1", clock=lambda: now)
    question = AskedQuestion(question_id="health-checkup-elderly", items=(Item.HEALTH_CHECKUP,))
    common: dict[str, Any] = {"check_id": CHECK, "reception_id": "r-1", "card": CARD, "profile": "clinic"}
    ledger.opened(Opened(way="pin", questions=(question,), **common))
    answer = RecordedAnswer(
        item=Item.HEALTH_CHECKUP,
        granted=True,
        answered_at=now,
        question_id=question.question_id,
        language="ja",
        wording="健診の結果",
    )
    decided = ledger.decided(
        Decided(
            idempotency_key="r-1",
            decided_at=now,
            cause=Cause.ANSWERED,
            answers=(answer,),
            result_file=result_file_stem("1319999999", CHECK, now),
            **common,
        )
    )
    ledger.confirmed(
        Confirmed(
            check_id=CHECK,
            accepted_at=now,
            ledger_count=decided.sequence,
            ledger_hash=decided.hash,
            signature=base64.b64encode(b"s").decode(),
        )
    )
    yield ledger
    ledger.close()


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_share_that_comes_back(tmp_path: Path, ledger: Ledger, elder_result: QualificationResult) -> None:
    share = tmp_path / "share"
    service, folder, books = Service(elder_result), ResultFolder(share, owner="terminal-1"), Worker("books")
    client: Any = service
    delivery = Delivery(ledger, books, client, folder, Clock())

    async def day() -> None:
        first = await delivery.deliver(CHECK)
        assert first.stage is Stage.CONFIRMED
        assert (delivery.backlog(), folder.trouble) == (1, Undelivered.FOLDER_MISSING)
        assert [waiting.decided.event.check_id for waiting in undelivered(ledger)] == [CHECK]

        share.mkdir()
        (again,) = await delivery.work_off()
        assert again.stage is Stage.DELIVERED
        assert (delivery.backlog(), folder.trouble, service.fetched) == (0, None, 2)

    asyncio.run(day())
    books.close()
    (file,) = [path for path in share.iterdir() if path.is_file()]
    assert "見本　太郎".encode() in file.read_bytes()
    assert file.name == f"{_decided(ledger).result_file}.xml"


def test_meanwhile_nothing_personal_is_kept_anywhere(
    tmp_path: Path, ledger: Ledger, elder_result: QualificationResult, caplog: pytest.LogCaptureFixture
) -> None:
    share = tmp_path / "share"
    share.write_bytes(b"a file where the folder should be")
    books = Worker("books")
    client: Any = Service(elder_result)
    delivery = Delivery(ledger, books, client, ResultFolder(share), Clock())
    outcome = asyncio.run(delivery.deliver(CHECK))
    books.close()
    assert outcome.stage is Stage.CONFIRMED
    kept = everything_below(tmp_path) + caplog.text.encode()
    person = elder_result.qualifications[0]
    for value in (person.name, person.name_kana, person.insured_identification_number, person.insurer_number):
        assert value is not None
        assert value.encode() not in kept
        assert value.encode("cp932") not in kept
    assert b"19480105" not in kept
    assert b"1948-01-05" not in kept


def test_the_same_name_at_every_attempt(ledger: Ledger) -> None:
    decided = _decided(ledger)
    again = result_file_stem("1319999999", CHECK, decided.decided_at)
    assert decided.result_file == again
    assert again != result_file_stem("1319999999", CHECK, decided.decided_at + timedelta(seconds=1))


def _decided(ledger: Ledger) -> Decided:
    history = ledger.of_check(CHECK)
    assert history is not None
    assert history.decided is not None
    assert isinstance(history.decided.event.decided_at, datetime)
    return history.decided.event
