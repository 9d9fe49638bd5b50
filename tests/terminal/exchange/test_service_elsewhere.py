"""The exchange in front of a service in another process: over HTTP, with an enrolled key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.exchange.checks import ServiceChecks
from terminal.qualification.client import QualificationClient
from terminal.qualification.stub.server import StubServer, enrol_locally, open_service
from tests.terminal.exchange.asking import INSTITUTION, check
from tests.terminal.exchange.conftest import Counter

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
        assert answer.body.results[0].limit.flag == "A03"


def test_the_service_is_away_and_comes_back(counter: Counter, stub: StubServer) -> None:
    stub.stop()
    assert counter.ask(NAME, check()).header.error_code == "SIMX0013E"
    stub.start()
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.validity == "1"
