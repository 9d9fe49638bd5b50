"""Tests for an exchange that queries a service over HTTP."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.items import Item
from terminal.handover.patient_numbers import number_lookup
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import ActiveConsents, RefusalReason, Refused
from terminal.simulated.exchange.checks import ServiceChecks
from terminal.simulated.exchange.insured import LocalInsured, RemoteInsured
from terminal.simulated.exchange.opening import open_exchange
from terminal.simulated.exchange.service import ExchangeRules
from terminal.simulated.service.enrolment import enrol_locally
from terminal.simulated.service.people import fictitious_people
from terminal.simulated.service.refusals import refuse
from terminal.simulated.service.server import StubServer, open_service
from terminal.simulated.service.service import Caller, StubService
from tests.terminal.handover.requests import INSTITUTION, check, checkups, drugs, registration
from tests.terminal.simulated.exchange.conftest import Counter
from tests.terminal.simulated.exchange.test_data import ask, face, is_refused

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
            timeout_seconds=20,
        )

    counter.checks = ServiceChecks(client)
    counter.start()
    yield server
    server.close()


def test_checks_are_answered_by_the_service(counter: Counter, stub: StubServer) -> None:
    for number in (1, 2):
        answer = counter.ask(f"OQSsiquc01req_{number}.xml", check(limit_consent="1"))
        assert (answer.header.segment, answer.body.validity) == ("1", "1")
        assert answer.body.results[0].name == "模擬　花子"
        assert answer.body.results[0].limit.classification_flag == "A03"


def test_checks_succeed_again_when_the_service_returns(counter: Counter, stub: StubServer) -> None:
    stub.stop()
    assert counter.ask(NAME, check()).header.error_code == "SIMX0013E"
    stub.start()
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.validity == "1"


def test_consent_withdrawn_at_the_service_is_not_valid(
    counter: Counter, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing: dict[str, tuple[Item, ...]] = {}

    async def standing_consents(self: StubService, check_id: str, caller: Caller) -> ActiveConsents | Refused:
        if check_id not in standing:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        return ActiveConsents(check_id=check_id, items=standing[check_id], simulated=True)

    monkeypatch.setattr(StubService, "active_consents", standing_consents)
    check_id = face(counter, medicines=1, health_checkup=1)
    assert is_refused(ask(counter, drugs()), "SIMX0008E"), "the service does not know this check"
    standing[check_id] = (Item.HEALTH_CHECKUP, Item.MEDICINES)
    assert ask(counter, drugs()).header.result == "1"
    standing[check_id] = (Item.HEALTH_CHECKUP,)
    assert is_refused(ask(counter, drugs()), "SIMX0008E")
    assert ask(counter, checkups(), "TKK").header.result == "1"
    stub.stop()
    assert is_refused(ask(counter, checkups(), "TKK"), "SIMX0013E")


def test_database_of_version_0_1_0_is_converted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "exchange.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE reference_numbers (institution TEXT, person TEXT, number TEXT);"
            "CREATE TABLE consents (institution TEXT, person TEXT, item TEXT, decided_at INTEGER);"
        )
        rows = [(INSTITUTION, "adult", "24434"), (INSTITUTION, "changed-insurer", "77"), (INSTITUTION, "mine", "1")]
        connection.executemany("INSERT INTO reference_numbers VALUES (?, ?, ?)", rows)
    connection.close()
    people = fictitious_people()
    adult, changed = people["adult"].qualifications[0], people["changed-insurer"]
    mine = tmp_path / "mine.toml"
    mine.write_text('[mine]\nlike = "adult"\nqualification = { insured_identification_number = "0001235" }\n')

    assert number_lookup(path)(INSTITUTION, adult) is None
    assert "Run `uketsuke exchange` once" in caplog.text
    open_exchange(tmp_path / "OQS", tmp_path, ExchangeRules())[1].close()
    assert "1 patient numbers of version 0.1.0 not converted" in caplog.text
    assert number_lookup(path)(INSTITUTION, adult) == "24434"
    for qualification in (*changed.qualifications, *changed.former):
        assert number_lookup(path)(INSTITUTION, qualification) == "77"

    open_exchange(tmp_path / "OQS", tmp_path, ExchangeRules(), people_file=mine)[1].close()
    assert number_lookup(path)(INSTITUTION, fictitious_people(mine)["mine"].qualifications[0]) == "1"
    caplog.clear()
    number_lookup(path)(INSTITUTION, adult)
    assert caplog.text == ""


def test_numbers_of_people_known_only_to_the_service_are_accepted(counter: Counter, stub: StubServer) -> None:
    """Patient numbers are registered and consents stored without verifying the people."""
    counter.insured = RemoteInsured(LocalInsured({}))
    counter.checks = None
    counter.start()
    counter.ask("OQSsiimm01req_1.xml", registration("24434"))
    face(counter, medicines=1, health_checkup=0)
    answer = ask(counter, drugs())
    assert (answer.header.result, answer.header.patient) == ("1", None)
    assert answer.body.months
    assert is_refused(ask(counter, checkups(), "TKK"), "SIMX0008E")
    assert is_refused(ask(counter, drugs(insured_branch_number="02")), "SIMX0008E"), "another member of the family"
    assert counter.store.numbers(INSTITUTION, fictitious_people()["adult"].qualifications[0]) == "24434"
