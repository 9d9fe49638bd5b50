"""Tests that altered, replayed and forged responses are refused."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    CheckOpenedReply,
    ConsentAnswer,
    NoAnswer,
    NoAnswerReason,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
)
from terminal.simulated.service.misbehaviour import Lie, Operation, ResponseMode, Rule

UNVERIFIED = NoAnswer(NoAnswerReason.NOT_VERIFIED)
Change = Callable[[httpx.Request, httpx.Response], httpx.Response]


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


class ManInTheMiddle(httpx.AsyncBaseTransport):
    """A transport that applies `on_request` to requests and `on_answer` to responses."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport()
        self.on_request: Callable[[httpx.Request], httpx.Request] = lambda request: request
        self.on_answer: Change = lambda _, answer: answer
        self.recorded: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(self.on_request(request))
        complete = httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())
        return self.on_answer(request, complete)

    async def aclose(self) -> None:
        await self._transport.aclose()


def set_flags(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    content = json.loads(answer.content)
    if content.get("outcome") != "result":
        return answer
    for consent in content["consents"]:
        consent.update(flag=1, consent_time=content["processed_at"])
    headers = {SIGNATURE_HEADER: answer.headers[SIGNATURE_HEADER]}
    return httpx.Response(200, headers=headers, content=json.dumps(content).encode())


def remove_signature(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, content=answer.content)


def change_status(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    headers = {SIGNATURE_HEADER: answer.headers[SIGNATURE_HEADER]}
    return httpx.Response(403, headers=headers, content=answer.content)


@pytest.mark.parametrize("change", [set_flags, remove_signature, change_status])
def test_altered_result_is_refused(counter: Any, card: Any, change: Change) -> None:
    middle = ManInTheMiddle()

    async def scenario(client: QualificationClient) -> Any:
        check_id = (await counter.open_check(client, card)).check_id
        await counter.submit(client, check_id, [ConsentAnswer(item=Item.MEDICINES, flag=0)])
        unaltered = await client.result(check_id)
        middle.on_answer = change
        return unaltered, await client.result(check_id)

    unaltered, altered = counter.play(scenario, transport=middle)
    assert isinstance(unaltered, QualificationResult)
    assert altered in (UNVERIFIED, NoAnswer(NoAnswerReason.NOT_UNDERSTOOD))


def test_replayed_response_is_refused(counter: Any, card: Any) -> None:
    middle = ManInTheMiddle()

    def replay_first(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        middle.recorded = middle.recorded or answer
        return middle.recorded

    async def scenario(client: QualificationClient) -> list[Any]:
        check_id = (await counter.open_check(client, card)).check_id
        await counter.submit(client, check_id, [])
        middle.on_answer = replay_first
        return [await client.result(check_id), await client.result(check_id)]

    first, replayed = counter.play(scenario, transport=middle)
    assert isinstance(first, QualificationResult)
    assert replayed == UNVERIFIED


@pytest.mark.parametrize("header", [None, "Idempotency-Key"])
def test_refusal_of_altered_request_is_not_accepted(counter: Any, card: Any, header: str | None) -> None:
    """The signature covers the request received by the service, not the one sent by the terminal."""
    middle = ManInTheMiddle()

    def alter_request(request: httpx.Request) -> httpx.Request:
        if request.method != "PUT":
            return request
        headers = dict(request.headers) | ({header: "another"} if header else {})
        content = request.content if header else b"{}"
        headers["content-length"] = str(len(content))
        return httpx.Request(request.method, request.url, headers=headers, content=content)

    async def scenario(client: QualificationClient) -> Any:
        check_id = (await counter.open_check(client, card)).check_id
        middle.on_request = alter_request
        submission = client.submission(
            check_id, decided_at=counter.now, answers=[], ledger_count=1, ledger_head="ab" * 32
        )
        return await client.submit(check_id, submission, "key-1")

    assert counter.play(scenario, transport=middle) == UNVERIFIED


def test_stub_signs_refusals_and_receipts_by_default(counter: Any, card: Any) -> None:
    refusing = {"mode": ResponseMode.REFUSING, "reason": RefusalReason.CONFLICT}

    async def scenario(client: QualificationClient) -> list[Any]:
        check_id = (await counter.open_check(client, card)).check_id
        submission = client.submission(
            check_id, decided_at=counter.now, answers=[], ledger_count=1, ledger_head="ab" * 32
        )
        replies = []
        for rule in (
            Rule(**refusing),
            Rule(lie=Lie.UNSIGNED, **refusing),
            Rule(mode=ResponseMode.LYING, lie=Lie.UNSIGNED),
        ):
            counter.server.behaviour.set(Operation.SUBMIT, rule)
            replies.append(await client.submit(check_id, submission, "key-1"))
        counter.server.behaviour.clear()
        return [*replies, await client.submit(check_id, submission, "key-1")]

    refused, unsigned_refusal, unsigned_receipt, receipt = counter.play(scenario)
    assert isinstance(refused, Refused)
    assert unsigned_refusal == unsigned_receipt == UNVERIFIED
    assert isinstance(receipt, Receipt)


def test_client_learns_service_time(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> Any:
        assert client.clock.now() is None
        opened = await counter.open_check(client, card)
        assert isinstance(opened, CheckOpenedReply)
        assert opened.opened_at == counter.now
        return client.clock.now()

    service_time = counter.play(scenario)
    assert 0 <= (service_time - counter.now).total_seconds() < 5


def test_responses_without_nonce_are_not_signed(counter: Any) -> None:
    url = f"{counter.server.url}/v2/challenges"

    async def post(headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(url, headers=headers)

    assert SIGNATURE_HEADER not in asyncio.run(post({})).headers
    assert SIGNATURE_HEADER not in asyncio.run(post({NONCE_HEADER: "AAAA"})).headers
    assert SIGNATURE_HEADER in asyncio.run(post({NONCE_HEADER: "A" * 24})).headers
