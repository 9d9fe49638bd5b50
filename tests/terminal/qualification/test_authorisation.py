"""Tests that requests for a check require the signature of the terminal that opened it and a correct time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from consent.items import Item
from terminal.qualification.contract import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    TIME_HEADER,
    ConsentAnswer,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    RegistrationReply,
)
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import RequestKind
from terminal.qualification.wire import new_nonce, request_headers
from terminal.simulated.service.enrolment import enrol_locally


def refusal(answer: object) -> RefusalReason:
    assert isinstance(answer, Refused), answer
    return answer.reason


def test_other_terminals_cannot_register_or_fetch_result(counter: Any, card: Any) -> None:
    counter.register(card, "unregistered")
    opened = counter.play(lambda client: counter.open_check(client, card))
    stranger, _ = enrol_locally(counter.state_dir, "terminal-2")
    others: list[dict[str, Any]] = [
        {"terminal_id": "terminal-2", "terminal_key": stranger},  # enrolled
        {"terminal_key": SigningKey.generate()},  # id of the terminal that opened the check, with a different key
        {"terminal_id": "terminal-9", "terminal_key": SigningKey.generate()},  # not enrolled
    ]

    async def register_and_fetch(client: Any) -> list[Any]:
        return [await client.register(opened.check_id), await client.result(opened.check_id)]

    for other in others:
        for answer in counter.play(register_and_fetch, **other):
            assert refusal(answer) is RefusalReason.UNKNOWN_TERMINAL
    registered, result = counter.play(register_and_fetch)
    assert isinstance(registered, RegistrationReply)
    assert refusal(result) is RefusalReason.NOT_SUBMITTED


@pytest.mark.parametrize(
    ("asked", "subject"),
    [(RequestKind.REGISTRATION, None), (RequestKind.RESULT, "0" * 32), (RequestKind.RECEIPTS, None)],
)
def test_signature_for_different_request_is_refused(
    counter: Any, card: Any, asked: RequestKind, subject: str | None
) -> None:
    opened = counter.play(lambda client: counter.open_check(client, card))
    terminal_id = counter.enrolment.terminal_id
    headers = request_headers(
        counter.key,
        kind=asked,
        subject=subject or opened.check_id,
        terminal_id=terminal_id,
        nonce=new_nonce(),
        asked_at=counter.now,
    )
    answer = httpx.get(f"{counter.server.url}/v2/checks/{opened.check_id}/result", headers=headers)
    assert answer.status_code == 403
    assert Refused.model_validate_json(answer.content).reason is RefusalReason.UNKNOWN_TERMINAL


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({TERMINAL_HEADER: "terminal-1"}, 422),
        ({TERMINAL_HEADER: "terminal-1", SIGNATURE_HEADER: "not base64!"}, 403),
        ({TERMINAL_HEADER: "terminal-1", SIGNATURE_HEADER: ""}, 403),
        ({TERMINAL_HEADER: "../etc", SIGNATURE_HEADER: "AAAA"}, 422),
    ],
)
def test_requests_without_valid_signature_are_refused(
    counter: Any, card: Any, headers: dict[str, str], status: int
) -> None:
    opened = counter.play(lambda client: counter.open_check(client, card))
    headers = {NONCE_HEADER: "A" * 24, TIME_HEADER: counter.now.isoformat(), **headers}
    answer = httpx.get(f"{counter.server.url}/v2/checks/{opened.check_id}/result", headers=headers)
    assert answer.status_code == status
    assert isinstance(Refused.model_validate_json(answer.content), Refused)


def test_signed_request_is_valid_once_within_five_minutes(counter: Any, card: Any) -> None:
    opened = counter.play(lambda client: counter.open_check(client, card))
    counter.play(lambda client: counter.submit(client, opened.check_id, []))

    def request_status(nonce: bytes, minutes: int) -> int:
        headers = request_headers(
            counter.key,
            kind=RequestKind.RESULT,
            subject=opened.check_id,
            terminal_id=counter.enrolment.terminal_id,
            nonce=nonce,
            asked_at=counter.now + timedelta(minutes=minutes),
        )
        return httpx.get(f"{counter.server.url}/v2/checks/{opened.check_id}/result", headers=headers).status_code

    nonce = new_nonce()
    assert [request_status(nonce, 0), request_status(nonce, 0), request_status(new_nonce(), 0)] == [200, 403, 200]
    for invalid_nonce, minutes in ((new_nonce(), -6), (new_nonce(), 6), (b"short", 0)):
        assert request_status(invalid_nonce, minutes) == 403


# --- times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent_minutes", "decision_minutes", "accepted"),
    [
        (0, 0, True),
        (2, 3, True),
        (-4, 0, True),  # the terminal's clock is slow
        (-6, 0, False),  # before the check was opened
        (0, -6, False),
        (14, 14, True),  # four minutes ahead of the service
        (16, 0, False),  # in the future
        (0, 16, False),
        (-60 * 24, 0, False),
    ],
)
def test_implausible_times_are_refused(
    counter: Any, card: Any, consent_minutes: int, decision_minutes: int, accepted: bool
) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        start = counter.now
        counter.now += timedelta(minutes=10)
        answer = ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=start + timedelta(minutes=consent_minutes))
        submission = client.submission(
            opened.check_id,
            decided_at=start + timedelta(minutes=decision_minutes),
            answers=[answer],
            ledger_count=1,
            ledger_head="ab" * 32,
        )
        return await client.submit(opened.check_id, submission, "key-1")

    answer = counter.play(scenario)
    if accepted:
        assert isinstance(answer, Receipt)
    else:
        assert refusal(answer) is RefusalReason.IMPLAUSIBLE_TIME


def test_late_submission_keeps_answer_times(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        answered_at = counter.now + timedelta(minutes=1)
        counter.now += timedelta(hours=20)
        answer = ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=answered_at)
        submission = client.submission(
            opened.check_id, decided_at=answered_at, answers=[answer], ledger_count=1, ledger_head="ab" * 32
        )
        assert isinstance(await client.submit(opened.check_id, submission, "key-1"), Receipt)
        return answered_at, await client.result(opened.check_id)

    answered_at, result = counter.play(scenario)
    assert isinstance(result, QualificationResult)
    assert result.consents[0].consent_time == answered_at
    assert result.consents[0].available_time == answered_at + timedelta(hours=24)


# --- receipts ------------------------------------------------------------------------------------------------


def test_terminal_gets_only_its_own_receipts_in_ledger_order(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        submitted = []
        for _ in range(3):
            opened = await counter.open_check(client, card)
            submitted.append(await counter.submit(client, opened.check_id, []))
        return submitted, await client.receipts()

    submitted, receipts = counter.play(scenario)
    assert receipts == tuple(submitted)
    other, _ = enrol_locally(counter.state_dir, "terminal-2")
    assert counter.play(lambda client: client.receipts(), terminal_id="terminal-2", terminal_key=other) == ()
    denied = counter.play(lambda client: client.receipts(), terminal_key=SigningKey.generate())
    assert refusal(denied) is RefusalReason.UNKNOWN_TERMINAL


def test_receipts_with_same_count_are_in_one_response(counter: Any, card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receipts can have the same count after a backup has been restored."""
    monkeypatch.setattr("terminal.simulated.service.storage.store.MAX_RECEIPTS", 3)
    database = counter.server.service._store._database
    statement = database._statements.receipts.replace("LIMIT 500", "LIMIT 3")
    monkeypatch.setattr(database, "_statements", replace(database._statements, receipts=statement))
    targets: list[str] = []

    async def scenario(client: Any) -> Any:
        for count in (1, 2, 3, 3, 4, 5):
            opened = await counter.open_check(client, card)
            submission = client.submission(
                opened.check_id, decided_at=counter.now, answers=[], ledger_count=count, ledger_head="ab" * 32
            )
            assert isinstance(await client.submit(opened.check_id, submission, opened.check_id), Receipt)
        send = client._connection.send

        async def record_target(method: str, target: str, *arguments: Any, **options: Any) -> Any:
            targets.append(target)
            return await send(method, target, *arguments, **options)

        client._connection.send = record_target
        return await client.receipts()

    assert [receipt.ledger_count for receipt in counter.play(scenario)] == [1, 2, 3, 3, 4, 5]
    assert [target for target in targets if "receipts" in target] == [
        f"/v2/receipts?after={after}" for after in (0, 2, 3)
    ]
