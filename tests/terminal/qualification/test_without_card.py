"""Tests for look-ups by the details of a 資格確認書 and for the withdrawal of consents."""

from datetime import date, timedelta
from typing import Any

import pytest

from consent.items import Item
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    ActiveConsents,
    ConsentAnswer,
    InsuredSearch,
    NoAnswer,
    NoAnswerReason,
    QualificationResult,
    RefusalReason,
    Refused,
    WithdrawalReceipt,
)
from terminal.qualification.keys import SigningKey

ADULT = InsuredSearch(
    insurer_number="138999",
    insured_card_symbol="試－１",
    insured_identification_number="0001234",
    insured_branch_number="01",
    birth_date=date(1981, 4, 12),
)


def refusal(answer: object) -> RefusalReason:
    assert isinstance(answer, Refused), answer
    return answer.reason


def look_up_result(counter: Any, search: InsuredSearch, *, limit_consent: bool = False) -> QualificationResult:
    result = counter.play(lambda client: client.look_up(search, limit_consent=limit_consent, asked_at=counter.now))
    assert isinstance(result, QualificationResult), result
    assert result.simulated
    assert result.reference_classification == "2"
    return result


def test_look_up_by_printed_details_returns_person(counter: Any) -> None:
    result = look_up_result(counter, ADULT)
    assert result.validity == "1"
    assert result.search == ADULT
    assert [entry.name for entry in result.qualifications] == ["模擬　花子"]
    assert [(consent.item, consent.flag) for consent in result.consents] == [(Item.HIGH_COST_LIMIT, 0)]
    assert result.limit is None


def test_look_up_returns_limit_with_oral_consent(counter: Any) -> None:
    result = look_up_result(counter, ADULT, limit_consent=True)
    (limit,) = result.consents
    assert (limit.flag, limit.consent_time, limit.available_time) == (1, counter.now, None)
    assert result.limit is not None
    assert result.limit.classification_flag == "A03"


@pytest.mark.parametrize(
    "changes",
    [
        {"insurer_number": "00138999"},
        {"insured_card_symbol": "試-1"},
        {"insured_identification_number": "０００１２３４"},
        {"insured_branch_number": None},
    ],
)
def test_look_up_ignores_padding_and_character_width(counter: Any, changes: dict[str, Any]) -> None:
    assert look_up_result(counter, ADULT.model_copy(update=changes)).validity == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"insurer_number": "138998"},
        {"insured_card_symbol": None},
        {"insured_identification_number": "1234"},
        {"insured_branch_number": "02"},
        {"birth_date": date(1981, 4, 13)},
    ],
)
def test_look_up_without_match_returns_no_records(counter: Any, changes: dict[str, Any]) -> None:
    result = look_up_result(counter, ADULT.model_copy(update=changes), limit_consent=True)
    assert (result.validity, result.qualifications, result.limit) == ("4", (), None)


def test_look_up_of_lost_qualification_reports_newer_one(counter: Any) -> None:
    lost = counter.server.service.people["lost-qualification"].qualifications[0]
    old = counter.server.service.people["changed-insurer"].former[0]
    replaced = counter.server.service.people["invalid-with-new"].qualifications[0]
    for qualification, validity in ((lost, "2"), (old, "3"), (replaced, "3")):
        result = look_up_result(counter, search_for(qualification), limit_consent=True)
        assert result.validity == validity
        assert result.qualifications == (qualification,)
    newer = counter.server.service.people["changed-insurer"].qualifications[0]
    assert look_up_result(counter, search_for(newer)).validity == "1"


def test_look_up_of_twins_requires_branch_number(counter: Any) -> None:
    twin = counter.server.service.people["twin-elder"].qualifications[0]
    twins = look_up_result(counter, search_for(twin).model_copy(update={"insured_branch_number": None}))
    assert twins.validity == "5"
    assert twins.qualifications == (), "the records belong to two different people"
    assert look_up_result(counter, search_for(twin)).qualifications == (twin,)


def search_for(qualification: Any) -> InsuredSearch:
    return InsuredSearch(**{name: getattr(qualification, name) for name in InsuredSearch.model_fields})


def test_look_up_requires_enrolled_terminal_and_correct_time(counter: Any) -> None:
    async def look_up(client: QualificationClient) -> Any:
        return await client.look_up(ADULT, limit_consent=False, asked_at=counter.now)

    forged = counter.play(look_up, terminal_key=SigningKey.generate())
    unknown = counter.play(look_up, terminal_id="terminal-9")
    assert refusal(forged) is RefusalReason.BAD_SIGNATURE
    assert refusal(unknown) is RefusalReason.UNKNOWN_TERMINAL

    async def yesterday(client: QualificationClient) -> Any:
        return await client.look_up(ADULT, limit_consent=True, asked_at=counter.now - timedelta(days=1))

    assert refusal(counter.play(yesterday)) is RefusalReason.IMPLAUSIBLE_TIME


def test_search_repr_contains_no_personal_data() -> None:
    assert "1234" not in repr(ADULT)


# --- withdrawal ----------------------------------------------------------------------------------------------


async def submit_consents(counter: Any, client: QualificationClient, card: Any) -> str:
    opened = await counter.open_check(client, card)
    answers = [
        ConsentAnswer(item=item, flag=1, consent_time=counter.now)
        for item in (Item.DIAGNOSIS, Item.MEDICINES, Item.HIGH_COST_LIMIT)
    ] + [ConsentAnswer(item=Item.HEALTH_CHECKUP, flag=0)]
    await counter.submit(client, opened.check_id, answers)
    return str(opened.check_id)


def test_withdrawn_items_are_not_in_later_results(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> list[Any]:
        check_id = await submit_consents(counter, client, card)
        counter.now += timedelta(hours=2)
        answers: list[Any] = []
        for items in ([Item.MEDICINES, Item.HIGH_COST_LIMIT], [Item.MEDICINES], [Item.DIAGNOSIS]):
            withdrawal = client.withdrawal(check_id, withdrawn_at=counter.now, items=items)
            answers.append(await client.withdraw(check_id, withdrawal))
            answers.append(await client.result(check_id))
        return answers

    first, after, repeated, unchanged, last, empty = counter.play(scenario)
    assert all(isinstance(answer, WithdrawalReceipt) for answer in (first, repeated, last))
    flags = {consent.item: consent.flag for consent in after.consents}
    assert flags == {Item.DIAGNOSIS: 1, Item.MEDICINES: 0, Item.HIGH_COST_LIMIT: 0, Item.HEALTH_CHECKUP: 0}
    assert all(consent.available_time is None for consent in after.consents if consent.flag == 0)
    assert after.limit is None
    assert set(after.withdrawn) == {Item.MEDICINES, Item.HIGH_COST_LIMIT}
    assert unchanged == after
    assert [consent.flag for consent in empty.consents] == [0, 0, 0, 0]


def test_any_enrolled_terminal_can_query_valid_consents(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> tuple[str, str, Any]:
        check_id = await submit_consents(counter, client, card)
        undecided = (await counter.open_check(client, card)).check_id
        before = await client.active_consents(check_id)
        withdrawal = client.withdrawal(check_id, withdrawn_at=counter.now, items=[Item.MEDICINES])
        assert isinstance(await client.withdraw(check_id, withdrawal), WithdrawalReceipt)
        return check_id, undecided, before

    check_id, undecided, before = counter.play(scenario)
    assert isinstance(before, ActiveConsents)
    assert set(before.items) == {Item.DIAGNOSIS, Item.MEDICINES, Item.HIGH_COST_LIMIT}
    exchange = SigningKey.generate()
    counter.registry.enrol_terminal("exchange-1", exchange.public_pem)

    def active_consents(check: str, **caller: Any) -> Any:
        return counter.play(lambda client: client.active_consents(check), **caller)

    other = {"terminal_id": "exchange-1", "terminal_key": exchange}
    after = active_consents(check_id, **other)
    assert isinstance(after, ActiveConsents)
    assert set(after.items) == {Item.DIAGNOSIS, Item.HIGH_COST_LIMIT}
    assert active_consents(undecided, **other).items == ()
    assert refusal(active_consents("0" * 32, **other)) is RefusalReason.NO_SUCH_CHECK
    assert refusal(active_consents(check_id, terminal_id="exchange-1")) is RefusalReason.UNKNOWN_TERMINAL
    assert (
        refusal(active_consents(check_id, terminal_id="exchange-2", terminal_key=exchange))
        is RefusalReason.UNKNOWN_TERMINAL
    )


def test_invalid_withdrawals_are_refused(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> list[Any]:
        check_id = await submit_consents(counter, client, card)
        undecided = (await counter.open_check(client, card)).check_id

        async def withdraw(check: str, item: Item, at: Any) -> Any:
            return await client.withdraw(check, client.withdrawal(check, withdrawn_at=at, items=[item]))

        genuine = client.withdrawal(check_id, withdrawn_at=counter.now, items=[Item.DIAGNOSIS])
        return [
            await withdraw(check_id, Item.HEALTH_CHECKUP, counter.now),  # not granted
            await withdraw(undecided, Item.DIAGNOSIS, counter.now),  # without answers
            await withdraw("0" * 32, Item.DIAGNOSIS, counter.now),
            await withdraw(check_id, Item.DIAGNOSIS, counter.now + timedelta(hours=1)),
            await client.withdraw(check_id, genuine.model_copy(update={"items": (Item.MEDICINES,)})),
            await client.withdraw(check_id, genuine.model_copy(update={"terminal_id": "terminal-2"})),
        ]

    assert [refusal(answer) for answer in counter.play(scenario)] == [
        RefusalReason.NOT_ALLOWED,
        RefusalReason.NOT_ALLOWED,
        RefusalReason.NO_SUCH_CHECK,
        RefusalReason.IMPLAUSIBLE_TIME,
        RefusalReason.BAD_SIGNATURE,
        RefusalReason.UNKNOWN_TERMINAL,
    ]


def test_withdrawal_receipt_from_different_service_is_not_accepted(counter: Any, card: Any) -> None:
    async def scenario(client: QualificationClient) -> str:
        check_id: str = (await counter.open_check(client, card)).check_id
        await counter.submit(client, check_id, [ConsentAnswer(item=Item.DIAGNOSIS, flag=1, consent_time=counter.now)])
        return check_id

    check_id = counter.play(scenario)

    async def withdraw(client: QualificationClient) -> Any:
        withdrawal = client.withdrawal(check_id, withdrawn_at=counter.now, items=[Item.DIAGNOSIS])
        return await client.withdraw(check_id, withdrawal)

    stranger = SigningKey.generate().public_pem
    assert counter.play(withdraw, service_public_key=stranger) == NoAnswer(NoAnswerReason.NOT_VERIFIED)
