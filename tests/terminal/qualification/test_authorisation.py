"""Requests about a check need the signature of the terminal that opened it, and a correct clock."""

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


def test_only_the_opening_terminal_can_register_and_fetch(counter: Any, card: Any) -> None:
    counter.register(card, "unregistered")
    opened = counter.play(lambda client: counter.opened(client, card))
    stranger, _ = enrol_locally(counter.state_dir, "terminal-2")
    others: list[dict[str, Any]] = [
        {"terminal_id": "terminal-2", "terminal_key": stranger},  # enrolled, but it opened another check
        {"terminal_key": SigningKey.generate()},  # claims to be the opener
        {"terminal_id": "terminal-9", "terminal_key": SigningKey.generate()},  # not enrolled
    ]

    async def both(client: Any) -> list[Any]:
        return [await client.register(opened.check_id), await client.result(opened.check_id)]

    for other in others:
        for answer in counter.play(both, **other):
            assert refusal(answer) is RefusalReason.UNKNOWN_TERMINAL
    registered, result = counter.play(both)
    assert isinstance(registered, RegistrationReply)
    assert refusal(result) is RefusalReason.NOT_SUBMITTED


@pytest.mark.parametrize(
    ("asked", "subject"),
    [(RequestKind.REGISTRATION, None), (RequestKind.RESULT, "0" * 32), (RequestKind.RECEIPTS, None)],
)
def test_a_signature_is_valid_for_one_request_only(
    counter: Any, card: Any, asked: RequestKind, subject: str | None
) -> None:
    opened = counter.play(lambda client: counter.opened(client, card))
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
def test_unsigned_requests(counter: Any, card: Any, headers: dict[str, str], status: int) -> None:
    opened = counter.play(lambda client: counter.opened(client, card))
    headers = {NONCE_HEADER: "A" * 24, TIME_HEADER: counter.now.isoformat(), **headers}
    answer = httpx.get(f"{counter.server.url}/v2/checks/{opened.check_id}/result", headers=headers)
    assert answer.status_code == status
    assert isinstance(Refused.model_validate_json(answer.content), Refused)


def test_a_signed_request_is_valid_once_and_for_minutes(counter: Any, card: Any) -> None:
    opened = counter.play(lambda client: counter.opened(client, card))
    counter.play(lambda client: counter.submitted(client, opened.check_id, []))

    def asked(nonce: bytes, minutes: int) -> int:
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
    assert [asked(nonce, 0), asked(nonce, 0), asked(new_nonce(), 0)] == [200, 403, 200]
    assert [asked(new_nonce(), -6), asked(new_nonce(), 6), asked(b"short", 0)] == [403, 403, 403]


# --- times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent_minutes", "decision_minutes", "accepted"),
    [
        (0, 0, True),
        (2, 3, True),
        (-4, 0, True),  # the terminal's clock is slow
        (-6, 0, False),  # before the check was opened
        (0, -6, False),
        (14, 14, True),  # ten minutes have passed, and its clock is fast
        (16, 0, False),  # in the future
        (0, 16, False),
        (-60 * 24, 0, False),
    ],
)
def test_implausible_times_are_refused(
    counter: Any, card: Any, consent_minutes: int, decision_minutes: int, accepted: bool
) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.opened(client, card)
        begun = counter.now
        counter.now += timedelta(minutes=10)
        answer = ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=begun + timedelta(minutes=consent_minutes))
        submission = client.submission(
            opened.check_id,
            decided_at=begun + timedelta(minutes=decision_minutes),
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


def test_a_late_submission_keeps_its_original_times(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.opened(client, card)
        answered = counter.now + timedelta(minutes=1)
        counter.now += timedelta(hours=20)
        answer = ConsentAnswer(item=Item.MEDICINES, flag=1, consent_time=answered)
        submission = client.submission(
            opened.check_id, decided_at=answered, answers=[answer], ledger_count=1, ledger_head="ab" * 32
        )
        assert isinstance(await client.submit(opened.check_id, submission, "key-1"), Receipt)
        return answered, await client.result(opened.check_id)

    answered, result = counter.play(scenario)
    assert isinstance(result, QualificationResult)
    assert result.consents[0].consent_time == answered
    assert result.consents[0].available_time == answered + timedelta(hours=24)


# --- receipts held by the service ----------------------------------------------------------------------------


def test_receipts_are_listed_for_their_terminal_by_ledger_count(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        given = []
        for _ in range(3):
            opened = await counter.opened(client, card)
            given.append(await counter.submitted(client, opened.check_id, []))
        return given, await client.receipts()

    given, listed = counter.play(scenario)
    assert listed == tuple(given)
    other, _ = enrol_locally(counter.state_dir, "terminal-2")
    assert counter.play(lambda client: client.receipts(), terminal_id="terminal-2", terminal_key=other) == ()
    denied = counter.play(lambda client: client.receipts(), terminal_key=SigningKey.generate())
    assert refusal(denied) is RefusalReason.UNKNOWN_TERMINAL


def test_receipts_are_fetched_in_several_responses(counter: Any, card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two receipts with the same count, as after restoring a backup, are in the same response."""
    monkeypatch.setattr("terminal.simulated.service.storage.store.MAX_RECEIPTS", 3)
    database = counter.server.service._store._database
    three = database._statements.receipts.replace("LIMIT 500", "LIMIT 3")
    monkeypatch.setattr(database, "_statements", replace(database._statements, receipts=three))
    asked: list[str] = []

    async def scenario(client: Any) -> Any:
        for count in (1, 2, 3, 3, 4, 5):
            opened = await counter.opened(client, card)
            submission = client.submission(
                opened.check_id, decided_at=counter.now, answers=[], ledger_count=count, ledger_head="ab" * 32
            )
            assert isinstance(await client.submit(opened.check_id, submission, opened.check_id), Receipt)
        ask = client._line.ask

        async def counted(method: str, target: str, *others: Any, **more: Any) -> Any:
            asked.append(target)
            return await ask(method, target, *others, **more)

        client._line.ask = counted
        return await client.receipts()

    assert [receipt.ledger_count for receipt in counter.play(scenario)] == [1, 2, 3, 3, 4, 5]
    assert [target for target in asked if "receipts" in target] == [
        f"/v2/receipts?after={after}" for after in (0, 2, 3)
    ]
