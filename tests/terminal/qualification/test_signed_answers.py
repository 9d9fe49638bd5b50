"""A man in the middle between terminal and service: answers that were changed, replayed or forged are refused."""

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
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    Silence,
)
from terminal.simulated.service.misbehaviour import Lie, Manner, Operation, Rule

UNVERIFIED = NoAnswer(Silence.NOT_VERIFIED)
Change = Callable[[httpx.Request, httpx.Response], httpx.Response]


@pytest.fixture
def database_url() -> None:
    """Keep the store in memory; it plays no part here."""


class Meddler(httpx.AsyncBaseTransport):
    """Transport that forwards everything, changed by `on_request` and `on_answer`."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport()
        self.on_request: Callable[[httpx.Request], httpx.Request] = lambda request: request
        self.on_answer: Change = lambda _, answer: answer
        self.kept: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._line.handle_async_request(self.on_request(request))
        whole = httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())
        return self.on_answer(request, whole)

    async def aclose(self) -> None:
        await self._line.aclose()


def flags_set(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    said = json.loads(answer.content)
    if said.get("outcome") != "result":
        return answer
    for consent in said["consents"]:
        consent.update(flag=1, consent_time=said["processed_at"])
    headers = {SIGNATURE_HEADER: answer.headers[SIGNATURE_HEADER]}
    return httpx.Response(200, headers=headers, content=json.dumps(said).encode())


def unsigned(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, content=answer.content)


def taken_for_refused(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    headers = {SIGNATURE_HEADER: answer.headers[SIGNATURE_HEADER]}
    return httpx.Response(403, headers=headers, content=answer.content)


@pytest.mark.parametrize("change", [flags_set, unsigned, taken_for_refused])
def test_a_result_that_was_changed_on_the_way(counter: Any, card: Any, change: Change) -> None:
    meddler = Meddler()

    async def day(client: QualificationClient) -> Any:
        check_id = (await counter.opened(client, card)).check_id
        await counter.submitted(client, check_id, [ConsentAnswer(item=Item.MEDICINES, flag=0)])
        true = await client.result(check_id)
        meddler.on_answer = change
        return true, await client.result(check_id)

    true, changed = counter.play(day, transport=meddler)
    assert isinstance(true, QualificationResult)
    assert changed in (UNVERIFIED, NoAnswer(Silence.NOT_UNDERSTOOD))


def test_a_replayed_answer_is_refused(counter: Any, card: Any) -> None:
    meddler = Meddler()

    def first_again(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        meddler.kept = meddler.kept or answer
        return meddler.kept

    async def day(client: QualificationClient) -> list[Any]:
        check_id = (await counter.opened(client, card)).check_id
        await counter.submitted(client, check_id, [])
        meddler.on_answer = first_again
        return [await client.result(check_id), await client.result(check_id)]

    first, again = counter.play(day, transport=meddler)
    assert isinstance(first, QualificationResult)
    assert again == UNVERIFIED


@pytest.mark.parametrize("header", [None, "Idempotency-Key"])
def test_a_refusal_of_a_request_that_was_changed_on_the_way(counter: Any, card: Any, header: str | None) -> None:
    """The service signs that it refuses what arrived; the terminal sent something else."""
    meddler = Meddler()

    def spoiled(request: httpx.Request) -> httpx.Request:
        if request.method != "PUT":
            return request
        headers = dict(request.headers) | ({header: "another"} if header else {})
        content = request.content if header else b"{}"
        headers["content-length"] = str(len(content))
        return httpx.Request(request.method, request.url, headers=headers, content=content)

    async def day(client: QualificationClient) -> Any:
        check_id = (await counter.opened(client, card)).check_id
        meddler.on_request = spoiled
        submission = client.submission(
            check_id, decided_at=counter.now, answers=[], ledger_count=1, ledger_head="ab" * 32
        )
        return await client.submit(check_id, submission, "key-1")

    assert counter.play(day, transport=meddler) == UNVERIFIED


def test_the_stub_signs_its_refusals_and_leaves_it_out_on_request(counter: Any, card: Any) -> None:
    refusing = {"manner": Manner.REFUSING, "reason": RefusalReason.CONFLICT}

    async def day(client: QualificationClient) -> list[Any]:
        check_id = (await counter.opened(client, card)).check_id
        submission = client.submission(
            check_id, decided_at=counter.now, answers=[], ledger_count=1, ledger_head="ab" * 32
        )
        said = []
        for rule in (Rule(**refusing), Rule(lie=Lie.UNSIGNED, **refusing), Rule(manner=Manner.LYING, lie=Lie.UNSIGNED)):
            counter.server.behaviour.set(Operation.SUBMIT, rule)
            said.append(await client.submit(check_id, submission, "key-1"))
        counter.server.behaviour.clear()
        return [*said, await client.submit(check_id, submission, "key-1")]

    refused, unsigned_refusal, unsigned_receipt, receipt = counter.play(day)
    assert isinstance(refused, Refused)
    assert unsigned_refusal == unsigned_receipt == UNVERIFIED
    assert isinstance(receipt, Receipt)


def test_the_service_tells_its_time(counter: Any, card: Any) -> None:
    async def day(client: QualificationClient) -> Any:
        assert client.clock.now() is None
        opened = await counter.opened(client, card)
        assert isinstance(opened, CheckOpenedReply)
        assert opened.opened_at == counter.now
        return client.clock.now()

    told = counter.play(day)
    assert 0 <= (told - counter.now).total_seconds() < 5


def test_without_a_nonce_nothing_is_signed(counter: Any) -> None:
    url = f"{counter.server.url}/v2/challenges"

    async def asked(headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(url, headers=headers)

    assert SIGNATURE_HEADER not in asyncio.run(asked({})).headers
    assert SIGNATURE_HEADER not in asyncio.run(asked({NONCE_HEADER: "AAAA"})).headers
    assert SIGNATURE_HEADER in asyncio.run(asked({NONCE_HEADER: "A" * 24})).headers
