"""The exchange in front of a service in another process: over HTTP, with an enrolled key."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import RefusalReason, Refused, Standing
from terminal.simulated.exchange.book import Book
from terminal.simulated.exchange.checks import ServiceChecks
from terminal.simulated.service.refusals import refuse
from terminal.simulated.service.server import StubServer, enrol_locally, open_service
from terminal.simulated.service.service import Caller, Service
from tests.terminal.simulated.exchange.asking import INSTITUTION, check, checkups, drugs
from tests.terminal.simulated.exchange.conftest import MORNING, Counter
from tests.terminal.simulated.exchange.test_data import ask, face, refused

NAME = "OQSsiquc01req_1.xml"


@pytest.fixture
def stub(tmp_path: Path, counter: Counter) -> Iterator[StubServer]:
    state = tmp_path / "service"
    key, enrolment = enrol_locally(state, "exchange-1")
    server = StubServer(open_service(state, clock=lambda: counter.now))
    server.start()
    url = server.url

    def client() -> QualificationClient:
        return QualificationClient(
            url,
            terminal_id="exchange-1",
            institution_code=INSTITUTION,
            terminal_key=key,
            service_public_key=enrolment.service_public_key,
            timeout_seconds=2,
        )

    counter.checks = ServiceChecks(client)
    counter.start()
    yield server
    server.close()


def test_asked_over_http(counter: Counter, stub: StubServer) -> None:
    for number in (1, 2):
        answer = counter.ask(f"OQSsiquc01req_{number}.xml", check(limit_consent="1"))
        assert (answer.header.segment, answer.body.validity) == ("1", "1")
        assert answer.body.results[0].name == "模擬　花子"
        assert answer.body.results[0].limit.classification_flag == "A03"


def test_the_service_is_away_and_comes_back(counter: Counter, stub: StubServer) -> None:
    stub.stop()
    assert counter.ask(NAME, check()).header.error_code == "SIMX0013E"
    stub.start()
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.validity == "1"


def test_a_consent_that_was_taken_back_counts_no_more_whatever_the_file_says(
    counter: Counter, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing: dict[str, tuple[Item, ...]] = {}

    async def told(self: Service, check_id: str, caller: Caller) -> Standing | Refused:
        if check_id not in standing:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        return Standing(check_id=check_id, items=standing[check_id], simulated=True)

    monkeypatch.setattr(Service, "standing", told)
    check_id = face(counter, medicines=1, health_checkup=1)
    assert refused(ask(counter, drugs()), "SIMX0008E"), "a check the service does not know"
    standing[check_id] = (Item.HEALTH_CHECKUP, Item.MEDICINES)
    assert ask(counter, drugs()).header.result == "1"
    standing[check_id] = (Item.HEALTH_CHECKUP,)
    assert refused(ask(counter, drugs()), "SIMX0008E")
    assert ask(counter, checkups(), "TKK").header.result == "1"
    stub.stop()
    assert refused(ask(counter, checkups(), "TKK"), "SIMX0013E")


def test_a_book_begun_before_consents_named_their_check(tmp_path: Path) -> None:
    path = tmp_path / "exchange.db"
    Book(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE consents DROP COLUMN check_id")
        connection.execute(
            "INSERT INTO consents VALUES (?, 'adult', ?, 1, ?)", (INSTITUTION, Item.MEDICINES.value, 2**31)
        )
    connection.close()
    book = Book(path)
    old = book.consent(INSTITUTION, "adult", Item.MEDICINES)
    assert old is not None
    assert old.check_id is None
    book.decided(INSTITUTION, "adult", Item.MEDICINES, MORNING, MORNING + timedelta(hours=1), "check-1")
    new = book.consent(INSTITUTION, "adult", Item.MEDICINES)
    book.close()
    assert new is not None
    assert (new.until, new.check_id) == (MORNING + timedelta(hours=1), "check-1")
