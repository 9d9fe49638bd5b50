"""Tests for the stub's API description, refusals, administration and registry."""

import json
import logging
import socket
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal.qualification import contract, insured
from terminal.qualification.base import Model
from terminal.qualification.contract import (
    CheckOpenedReply,
    NextStep,
    NoAnswer,
    NoAnswerReason,
    OpenCheckRequest,
    PinProof,
    RefusalReason,
    Refused,
    Submission,
)
from terminal.qualification.keys import Enrolment, SigningKey
from terminal.simulated.service.admin import StubAdmin
from terminal.simulated.service.admin_bodies import Adopted
from terminal.simulated.service.middleware import MAX_BODY
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule, Setting
from terminal.simulated.service.people import fictitious_people
from terminal.simulated.service.refusals import http_status, refuse
from terminal.simulated.service.registry import CardEntry, CardStatus, Registry, RegistryFile, certificate_id
from terminal.simulated.service.server import serve


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


def test_every_response_is_marked_as_simulated(counter: Any) -> None:
    for path in ("/openapi.json", "/nothing"):
        assert httpx.get(f"{counter.server.url}{path}").headers["Uketsuke-Simulated"] == "1"


def test_openapi_describes_every_route_and_model(counter: Any) -> None:
    published = httpx.get(f"{counter.server.url}/openapi.json").json()
    routes = {(method, path) for path, methods in published["paths"].items() for method in methods}
    assert {(method, path) for method, path in routes if path.startswith("/v2")} == {
        ("post", "/v2/challenges"),
        ("post", "/v2/checks"),
        ("post", "/v2/checks/{check_id}/registration"),
        ("put", "/v2/checks/{check_id}/submission"),
        ("get", "/v2/checks/{check_id}/result"),
        ("post", "/v2/checks/{check_id}/withdrawal"),
        ("get", "/v2/checks/{check_id}/consents"),
        ("post", "/v2/keys"),
        ("post", "/v2/lookups"),
        ("get", "/v2/receipts"),
    }
    models = {
        name
        for module in (contract, insured)
        for name, thing in vars(module).items()
        if isinstance(thing, type) and issubclass(thing, Model) and not thing.__subclasses__()
    }
    assert models <= set(published["components"]["schemas"])
    for path, methods in published["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            assert answers["200"]["content"]["application/json"]["schema"], path
            if path.startswith("/v2/") and path != "/v2/challenges":
                assert {"403", "404", "409", "422"} <= set(answers), path
    description = published["components"]["schemas"]["Submission"]["properties"]["ledger_count"]["description"]
    assert "ledger" in description.lower()


def test_refusals_have_unique_codes_and_helpful_next_steps() -> None:
    refused = {reason: refuse(reason) for reason in RefusalReason}
    codes = [answer.code for answer in refused.values()]
    assert len(set(codes)) == len(codes)
    for reason in (RefusalReason.REVOKED, RefusalReason.LAPSED, RefusalReason.CERTIFICATE_EXPIRED):
        assert refused[reason].next_step is NextStep.MUNICIPALITY
        assert "市区町村" in refused[reason].message
    assert refused[RefusalReason.SUSPENDED].next_step is NextStep.FREE_DIAL
    assert "0120-95-0178" in refused[RefusalReason.SUSPENDED].message
    assert {answer.next_step for answer in refused.values()} == set(NextStep)


def test_malformed_request_is_not_echoed(counter: Any) -> None:
    secret = "模擬　花子 1234"
    for path, body in (("/v2/checks", {"pin": secret}), ("/v2/checks", secret)):
        answer = httpx.post(f"{counter.server.url}{path}", json=body)
        assert answer.status_code == 422
        refused = Refused.model_validate_json(answer.content)
        assert (refused.reason, refused.simulated) == (RefusalReason.MALFORMED, True)
        assert "1234" not in answer.text
    put = httpx.put(f"{counter.server.url}/v2/checks/{'0' * 32}/submission", json={})
    assert Refused.model_validate_json(put.content).reason is RefusalReason.MALFORMED


def test_oversized_body_or_body_without_length_is_refused(counter: Any) -> None:
    assert httpx.post(f"{counter.server.url}/v2/checks", content=b"x" * (MAX_BODY + 1)).status_code == 413
    assert httpx.post(f"{counter.server.url}/v2/checks", content=iter([b"{}"])).status_code == 411


def test_exception_results_in_500_without_logging_its_message(
    counter: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("模擬　花子 canary-7391")

    monkeypatch.setattr(counter.server.service, "challenge", fail)
    answer = counter.play(lambda client: client.challenge())
    assert answer == NoAnswer(NoAnswerReason.SERVER_ERROR)
    counter.server.stop()  # wait for its thread, which logs after sending the response
    assert "RuntimeError in" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("path", ["/simulator", "/simulator/behaviour/open"])
def test_administration_is_restricted_to_localhost(counter: Any, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", int(counter.server.url.rsplit(":", 1)[1]))
    connection.request("GET" if path == "/simulator" else "PUT", path, body="{}", headers={"Host": "evil.example"})
    assert connection.getresponse().status in (403, 422)
    connection.close()


def test_certificate_is_adopted_over_http(counter: Any, other_card: Any) -> None:
    with StubAdmin(counter.server.url) as admin:
        adopted = admin.adopt(other_card.certificate, "elder")
        assert adopted == Adopted(
            certificate_sha256=certificate_id(other_card.certificate), person="elder", simulated=True
        )
        unknown_person = admin.adopt(other_card.certificate, "nobody")
        garbage = admin.adopt(b"garbage", "elder")
    assert isinstance(unknown_person, Refused)
    assert unknown_person.reason is RefusalReason.UNKNOWN_HOLDER
    assert isinstance(garbage, Refused)
    assert garbage.reason is RefusalReason.MALFORMED
    opened = counter.play(lambda client: counter.open_check(client, other_card))
    assert isinstance(opened, CheckOpenedReply)
    assert opened.facts.age == 78


def test_terminal_and_card_are_registered_over_http(counter: Any, other_card: Any) -> None:
    key = SigningKey.generate()
    with StubAdmin(counter.server.url) as admin:
        enrolment = admin.enrol("terminal-7", key.public_pem)
        entry = other_card.entry("elder", status=CardStatus.IN_USE)
        state = admin.publish(Registry(cards={certificate_id(other_card.certificate): entry}))
    assert isinstance(enrolment, Enrolment)
    assert enrolment.service_public_key == counter.enrolment.service_public_key
    assert not isinstance(state, NoAnswer)
    assert "terminal-7" in state.terminals
    assert set(state.people) == set(fictitious_people())
    opened = counter.play(
        lambda client: counter.open_by_face(client, other_card), terminal_id="terminal-7", terminal_key=key
    )
    assert isinstance(opened, CheckOpenedReply)


def test_behaviour_is_set_and_reset_over_http(counter: Any) -> None:
    with StubAdmin(counter.server.url) as admin:
        failing = Rule(mode=ResponseMode.FAILING)
        assert admin.set_rule(Operation.CHALLENGE, failing) == (Setting(operation=Operation.CHALLENGE, rule=failing),)
        assert isinstance(counter.play(lambda client: client.challenge()), NoAnswer)
        assert admin.clear_rules() == ()
        assert not isinstance(counter.play(lambda client: client.challenge()), NoAnswer)


def test_admin_reports_missing_server() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with StubAdmin(f"http://127.0.0.1:{port}") as admin:
        assert admin.state() == NoAnswer(NoAnswerReason.NO_CONNECTION)


def test_stub_refuses_to_listen_beyond_localhost(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="this computer"):
        serve(tmp_path, host="0.0.0.0")


def test_serve_answers_requests(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    threading.Thread(target=serve, args=(tmp_path,), kwargs={"port": port, "in_memory": True}, daemon=True).start()
    until = time.monotonic() + 60
    with StubAdmin(f"http://127.0.0.1:{port}") as admin:
        while isinstance(admin.state(), NoAnswer):
            assert time.monotonic() < until
            time.sleep(0.02)


def test_port_in_use_raises_error(counter: Any, tmp_path: Path) -> None:
    from terminal.simulated.service.server import StubServer

    port = int(counter.server.url.rsplit(":", 1)[1])
    with pytest.raises(OSError):
        StubServer(counter.server.service, port=port).start()


# --- registry ------------------------------------------------------------------------------------------------


def test_registry_is_reloaded_after_changes_by_another_process(tmp_path: Path) -> None:
    reader, writer = RegistryFile(tmp_path / "r.json"), RegistryFile(tmp_path / "r.json")
    assert reader.current() == Registry()
    writer.enrol_terminal("terminal-1", "PEM")
    assert reader.current().terminals == {"terminal-1": "PEM"}
    writer.add_card(b"der", CardEntry(person="adult"))
    writer.set_status(b"der", CardStatus.REVOKED)
    card = reader.current().card(b"der")
    assert card is not None
    assert card.status is CardStatus.REVOKED
    assert json.loads((tmp_path / "r.json").read_text())["terminals"] == {"terminal-1": "PEM"}
    with pytest.raises(KeyError):
        writer.set_status(b"unknown", CardStatus.REVOKED)


def test_concurrent_registry_changes_are_all_saved(tmp_path: Path) -> None:
    def enrol(number: int) -> None:
        RegistryFile(tmp_path / "r.json").enrol_terminal(f"t{number}", "PEM")

    threads = [threading.Thread(target=enrol, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(RegistryFile(tmp_path / "r.json").current().terminals) == 20


# --- tables --------------------------------------------------------------------------------------------------


def test_refusal_codes_and_messages_are_unique() -> None:
    refusals = [refuse(reason) for reason in RefusalReason]
    assert len({refused.code for refused in refusals}) == len(refusals)
    assert len({refused.message for refused in refusals}) == len(refusals)
    assert all(400 <= http_status(refused.reason) < 500 for refused in refusals)


def test_reprs_contain_no_personal_data() -> None:
    person = fictitious_people()["adult"]
    proof = PinProof(signature=b"secret-signature")
    request = OpenCheckRequest(
        terminal_id="t", institution_code="1319999999", challenge=b"x" * 20, certificate=b"der", proof=proof
    )
    for text in (
        repr(person),
        repr(person.qualifications[0]),
        str(person.qualifications),
        repr(request),
        str(request),
    ):
        assert "花子" not in text
        assert "secret" not in text
    with pytest.raises(ValueError) as error:
        Submission.model_validate({"answers": [{"item": "SECRET-VALUE"}]})
    assert "SECRET-VALUE" not in str(error.value)
    logging.getLogger(__name__).debug("%s", person)
