"""Tests that a slow, silent or failing service results in a return value instead of an exception."""

import asyncio
import base64
import logging
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.connection import MAX_ANSWER_SIZE
from terminal.qualification.contract import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    SIGNED_HEADERS,
    Challenge,
    CheckOpenedReply,
    ConsentAnswer,
    NoAnswer,
    NoAnswerReason,
    QualificationResult,
    Receipt,
)
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import answer_statement
from terminal.qualification.wire import signed_request_digest
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule

ANSWERED = datetime(2026, 11, 20, 0, 16, 0, tzinfo=UTC)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.mark.parametrize(
    ("rule", "silence"),
    [
        (Rule(mode=ResponseMode.SILENT), NoAnswerReason.TIMEOUT),
        (Rule(delay_seconds=5), NoAnswerReason.TIMEOUT),
        (Rule(mode=ResponseMode.DROPPED), NoAnswerReason.CONNECTION_LOST),
        (Rule(mode=ResponseMode.LOST_ANSWER), NoAnswerReason.CONNECTION_LOST),
        (Rule(mode=ResponseMode.HALF), NoAnswerReason.CONNECTION_LOST),
        (Rule(mode=ResponseMode.GARBAGE), NoAnswerReason.NOT_UNDERSTOOD),
        (Rule(mode=ResponseMode.FAILING), NoAnswerReason.SERVER_ERROR),
        (Rule(mode=ResponseMode.FAILING, status=500), NoAnswerReason.SERVER_ERROR),
    ],
)
def test_misbehaviour_is_reported_as_no_answer(counter: Any, rule: Rule, silence: NoAnswerReason) -> None:
    counter.server.behaviour.set(Operation.CHALLENGE, rule)
    timeout = 0.4 if silence is NoAnswerReason.TIMEOUT else 20
    unanswered = counter.play(lambda client: client.challenge(), timeout_seconds=timeout)
    counter.server.behaviour.clear()
    after = counter.play(lambda client: client.challenge())
    assert unanswered == NoAnswer(silence)
    assert isinstance(after, Challenge)


def test_slow_response_within_timeout_is_accepted(counter: Any) -> None:
    counter.server.behaviour.set(Operation.CHALLENGE, Rule(delay_seconds=0.3))
    assert isinstance(counter.play(lambda client: client.challenge()), Challenge)


@pytest.mark.parametrize("rule", [Rule(mode=ResponseMode.SILENT), Rule(delay_seconds=60)])
def test_stopping_service_ends_pending_requests(counter: Any, rule: Rule, caplog: pytest.LogCaptureFixture) -> None:
    counter.server.behaviour.set(Operation.CHALLENGE, rule)

    async def stop_during_call(client: QualificationClient) -> Any:
        call = asyncio.create_task(client.challenge())
        while not counter.server.behaviour._pending:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(counter.server.stop)
        return await call

    assert counter.play(stop_during_call, timeout_seconds=20) == NoAnswer(NoAnswerReason.CONNECTION_LOST)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_rule_expires_after_its_call_count(counter: Any) -> None:
    counter.server.behaviour.set(Operation.CHALLENGE, Rule(mode=ResponseMode.FAILING, times=2))

    async def call_three_times(client: QualificationClient) -> list[Any]:
        return [await client.challenge() for _ in range(3)]

    answers = counter.play(call_three_times)
    assert [type(answer) for answer in answers] == [NoAnswer, NoAnswer, Challenge]


def test_rule_for_opening_affects_no_other_operation(counter: Any, card: Any) -> None:
    counter.server.behaviour.set(Operation.OPEN, Rule(mode=ResponseMode.DROPPED))
    assert counter.play(lambda client: counter.open_by_pin(client, card)) == NoAnswer(NoAnswerReason.CONNECTION_LOST)


def test_resubmission_returns_lost_receipt(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> list[Any]:
        opened = await counter.open_check(client, card)
        answers = [ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=ANSWERED)]
        submission = client.submission(
            opened.check_id, decided_at=ANSWERED, answers=answers, ledger_count=1, ledger_head="ab"
        )
        counter.server.behaviour.set(Operation.SUBMIT, Rule(mode=ResponseMode.LOST_ANSWER, times=1))
        lost = await client.submit(opened.check_id, submission, "key-1")
        # the service accepted the submission, although the terminal got no answer
        result = await client.result(opened.check_id)
        return [lost, result, await client.submit(opened.check_id, submission, "key-1")]

    lost, result, repeated = counter.play(scenario)
    assert lost == NoAnswer(NoAnswerReason.CONNECTION_LOST)
    assert isinstance(result, QualificationResult)
    assert isinstance(repeated, Receipt)


def test_responses_with_different_service_key_are_not_accepted(counter: Any, card: Any) -> None:
    check_id = counter.play(lambda client: counter.open_check(client, card)).check_id

    async def scenario(client: QualificationClient) -> Any:
        answers: list[Any] = [await client.challenge(), await client.audit()]
        submission = client.submission(check_id, decided_at=ANSWERED, answers=[], ledger_count=1, ledger_head="ab")
        answers.append(await client.submit(check_id, submission, f"key-{check_id}"))
        (answer,) = set(answers)
        return answer

    for key in (SigningKey.generate().public_pem, "not a key"):
        assert counter.play(scenario, service_public_key=key) == NoAnswer(NoAnswerReason.NOT_VERIFIED)


# --- a minimal service with responses that the stub never sends ----------------------------------------------


def client_with_response(
    answer: Callable[[httpx.Request], httpx.Response], service_key: str = ""
) -> QualificationClient:
    return QualificationClient(
        "http://127.0.0.1:1",
        terminal_id="t",
        institution_code="1319999999",
        terminal_key=SigningKey.generate(),
        service_public_key=service_key,
        transport=httpx.MockTransport(answer),
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"null"),
        (200, b'{"challenge": "AAAAAAAAAAAAAAAAAAAAAAAA"}'),
        (200, b'{"outcome": "refused", "reason": "revoked", "code": "X", "message": ""}'),
        (200, b"[" * 10_000),
        (200, b" " * (MAX_ANSWER_SIZE + 1)),
        (204, b""),
        (301, b""),
        (404, b'{"detail": "Not Found"}'),
        (403, b'{"outcome": "refused", "reason": "of a later version", "code": "X", "message": ""}'),
        (403, "\udcff".encode("utf-8", "surrogatepass")),
    ],
)
def test_unexpected_responses_are_reported_as_not_understood(status: int, body: bytes) -> None:
    client = client_with_response(
        lambda request: httpx.Response(status, content=body, headers={"Location": "http://192.0.2.1"})
    )
    assert asyncio.run(client.challenge()) == NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)


def test_result_for_different_check_is_not_accepted() -> None:
    result = QualificationResult(
        check_id="another",
        processed_at=ANSWERED,
        qualification_date=ANSWERED.date(),
        institution_code="1319999999",
        status="1",
        validity="4",
    )
    key = SigningKey.generate()

    def sign_result(request: httpx.Request) -> httpx.Response:
        """Return the result with a valid signature for any request."""
        body = result.model_dump_json().encode()
        target = request.url.raw_path.decode()
        headers = {name: request.headers.get(name, "") for name in SIGNED_HEADERS}
        statement = answer_statement(
            nonce=base64.b64decode(request.headers[NONCE_HEADER]),
            check_id=target.split("/")[3] if target.endswith("/result") else "",
            request_sha256=signed_request_digest(request.method, target, headers, request.content),
            status=200,
            body=body,
        )
        signature = base64.b64encode(key.sign(statement)).decode()
        return httpx.Response(200, content=body, headers={SIGNATURE_HEADER: signature})

    client = client_with_response(sign_result, key.public_pem)
    assert asyncio.run(client.result("asked-for")) == NoAnswer(NoAnswerReason.NOT_VERIFIED)
    assert isinstance(asyncio.run(client.result("another")), QualificationResult)


def test_compressed_response_is_not_decoded() -> None:
    def mislabelled(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b"not gzip"), headers={"Content-Encoding": "gzip"})

    assert asyncio.run(client_with_response(mislabelled).challenge()) == NoAnswer(NoAnswerReason.NOT_UNDERSTOOD)


# --- connections ---------------------------------------------------------------------------------------------


async def _request_challenge(port: int, timeout: float) -> Any:
    async with QualificationClient(
        f"http://127.0.0.1:{port}",
        terminal_id="t",
        institution_code="1319999999",
        terminal_key=SigningKey.generate(),
        service_public_key="",
        timeout_seconds=timeout,
    ) as client:
        return await client.challenge()


def test_missing_server_is_reported_as_no_connection() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert asyncio.run(_request_challenge(port, 2)) == NoAnswer(NoAnswerReason.NO_CONNECTION)


def _with_server(respond: Callable[[asyncio.StreamWriter], Awaitable[None]], *, timeout: float = 20) -> Any:
    """Return the client's outcome with a server that calls `respond` to respond."""

    async def main() -> Any:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await respond(writer)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            return await _request_challenge(server.sockets[0].getsockname()[1], timeout)

    return asyncio.run(main())


def test_response_sent_byte_by_byte_times_out() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.1)

    assert _with_server(drip, timeout=0.5) == NoAnswer(NoAnswerReason.TIMEOUT)


@pytest.mark.parametrize("sent", [b"", b"\x15\x03\x01", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_connection_that_ends_early_is_reported(sent: bytes) -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    assert _with_server(respond) == NoAnswer(NoAnswerReason.CONNECTION_LOST)


# --- safety --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://clinic.example:8642", "http://192.0.2.7", "http://0.0.0.0:1", "ftp://127.0.0.1", "127.0.0.1:8642", ""],
)
def test_plain_http_to_other_hosts_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        QualificationClient(
            url,
            terminal_id="t",
            institution_code="1319999999",
            terminal_key=SigningKey.generate(),
            service_public_key="",
        )


@pytest.mark.parametrize("url", ["http://127.0.0.1:8642", "http://localhost", "http://[::1]:8642", "https://q.example"])
def test_safe_addresses_are_accepted(url: str) -> None:
    QualificationClient(
        url, terminal_id="t", institution_code="1319999999", terminal_key=SigningKey.generate(), service_public_key=""
    )


def test_personal_data_is_not_logged(counter: Any, card: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)

    async def scenario(client: QualificationClient) -> CheckOpenedReply:
        opened = await counter.open_check(client, card)
        answers = [ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=ANSWERED)]
        await counter.submit(client, opened.check_id, answers)
        result = await client.result(opened.check_id)
        logging.getLogger("test").info("%r %r %s", opened, result, result)
        assert isinstance(opened, CheckOpenedReply)
        return opened

    counter.play(scenario)
    for personal in ("模擬　花子", "ﾓｷﾞ", "0001234", "1981", "PharmacistsInfo"):
        assert personal not in caplog.text
