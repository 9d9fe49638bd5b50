"""Tests for submissions and results over HTTP."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from consent.items import Item
from terminal.qualification.contract import (
    CardSignature,
    ConsentAnswer,
    PrescriptionForm,
    Purpose,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    Submission,
)
from terminal.qualification.genuine import is_receipt_for
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import receipt_statement, statement_for_submission
from terminal.simulated.service.enrolment import enrol_locally
from terminal.simulated.service.server import StubServer, open_service
from terminal.simulated.service.storage.tables import metadata

ANSWERED = datetime(2026, 11, 20, 0, 16, 0, tzinfo=UTC)
"""Time of the patient's answers: 9:16 in Japan, one minute after `MORNING`."""


def yes(item: Item, at: datetime = ANSWERED) -> ConsentAnswer:
    return ConsentAnswer(item=item, flag=1, consent_time=at)


def no(item: Item) -> ConsentAnswer:
    return ConsentAnswer(item=item, flag=0)


def decision(client: Any, check_id: str, answers: list[ConsentAnswer], **changes: Any) -> Submission:
    facts: dict[str, Any] = {"decided_at": ANSWERED, "answers": answers, "ledger_count": 7, "ledger_head": "cd" * 32}
    submission = client.submission(check_id, **{**facts, **changes})
    assert isinstance(submission, Submission)
    return submission


def refusal(answer: object) -> RefusalReason:
    assert isinstance(answer, Refused), answer
    return answer.reason


def test_dispensing_someone_elses_prescription_is_refused(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> object:
        opened = await counter.open_check(client, card)
        assert opened.facts.prescriptions == ()
        submission = decision(client, opened.check_id, [no(Item.DIAGNOSIS)], dispense=("SIM-0001-1",))
        return await client.submit(opened.check_id, submission, "key-1")

    assert refusal(counter.play(scenario)) is RefusalReason.NOT_ALLOWED


def test_result_contains_consents_limit_and_prescription_form(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> QualificationResult:
        opened = await counter.open_check(client, card)
        answers = [yes(Item.DIAGNOSIS), yes(Item.MEDICINES), no(Item.HEALTH_CHECKUP), yes(Item.HIGH_COST_LIMIT)]
        submission = decision(client, opened.check_id, answers, prescription_form=PrescriptionForm.ELECTRONIC)
        receipt = await client.submit(opened.check_id, submission, "key-1")
        assert isinstance(receipt, Receipt)
        assert (receipt.ledger_count, receipt.ledger_head, receipt.simulated) == (7, "cd" * 32, True)
        assert receipt.submission_digest == sha256(statement_for_submission(opened.check_id, submission)).digest()
        result = await client.result(opened.check_id)
        assert isinstance(result, QualificationResult)
        assert result == await client.result(opened.check_id)
        return result

    result = counter.play(scenario)
    assert result.simulated
    assert (result.status, result.validity, result.code) == ("1", "1", "SIMQ0100I")
    assert result.qualification_date == date(2026, 11, 20)
    assert result.institution_code == "1319999999"
    assert result.prescription_form is PrescriptionForm.ELECTRONIC
    assert result.qualifications[0].name == "模擬　花子"
    consents = {consent.item: consent for consent in result.consents}
    assert set(consents) == {Item.DIAGNOSIS, Item.MEDICINES, Item.HEALTH_CHECKUP, Item.HIGH_COST_LIMIT}
    assert consents[Item.DIAGNOSIS].available_time == ANSWERED + timedelta(hours=24)
    assert consents[Item.HEALTH_CHECKUP] == consents[Item.HEALTH_CHECKUP].model_copy(
        update={"flag": 0, "consent_time": None, "available_time": None}
    )
    assert consents[Item.HIGH_COST_LIMIT].consent_time == ANSWERED
    assert consents[Item.HIGH_COST_LIMIT].available_time is None
    assert result.limit is not None
    assert (result.limit.classification_flag, result.limit.valid_start_date) == ("A03", date(2026, 8, 1))
    assert result.by_law == ()


@pytest.mark.parametrize("answers", [[], [no(Item.HIGH_COST_LIMIT)]])
def test_result_has_no_limit_without_consent(counter: Any, card: Any, answers: list[ConsentAnswer]) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        await counter.submit(client, opened.check_id, answers)
        return await client.result(opened.check_id)

    result = counter.play(scenario)
    assert result.limit is None
    assert len(result.consents) == len(answers)


def test_limit_by_law_is_not_reported_as_consent(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        submission = decision(client, opened.check_id, [no(Item.DIAGNOSIS)], by_law=(Item.HIGH_COST_LIMIT,))
        assert isinstance(await client.submit(opened.check_id, submission, "key-1"), Receipt)
        return await client.result(opened.check_id)

    result = counter.play(scenario)
    assert result.limit is not None
    assert result.by_law == (Item.HIGH_COST_LIMIT,)
    assert [consent.item for consent in result.consents] == [Item.DIAGNOSIS]


@pytest.mark.parametrize("flag", [0, 1])
def test_specific_diseases_require_consent(counter: Any, card: Any, flag: int) -> None:
    counter.register(card, "specific-disease")

    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        answer = yes(Item.SPECIFIC_DISEASE) if flag else no(Item.SPECIFIC_DISEASE)
        await counter.submit(client, opened.check_id, [answer])
        return await client.result(opened.check_id)

    result = counter.play(scenario)
    assert bool(result.specific_diseases) is bool(flag)
    assert all(consent.available_time is None for consent in result.consents)


@pytest.mark.parametrize("person", ["lost-qualification", "invalid-with-new", "lost-twice"])
def test_check_by_card_reports_last_lost_qualification(counter: Any, card: Any, person: str) -> None:
    service = counter.server.service
    lost = service.people["lost-qualification"]
    earlier = lost.qualifications[0].model_copy(update={"disqualification_date": date(2015, 3, 31)})
    twice = lost.model_copy(update={"qualifications": (*lost.qualifications, earlier)})
    service.people = {**service.people, "lost-twice": twice}
    counter.register(card, person)

    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        assert not opened.facts.valid
        await counter.submit(client, opened.check_id, [])
        return await client.result(opened.check_id)

    result = counter.play(scenario)
    assert result.validity == "2"
    assert [entry.disqualification_date for entry in result.qualifications] == [date(2026, 10, 1)]


def test_expiring_certificate_is_reported(counter: Any, card: Any) -> None:
    expiring = counter.renew(card, counter.now + timedelta(days=60))
    counter.register(expiring, "adult")

    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, expiring)
        await counter.submit(client, opened.check_id, [])
        return await client.result(opened.check_id)

    assert counter.play(scenario).code == "SIMQ0101I"


# --- idempotency ---------------------------------------------------------------------------------------------


def test_resubmitting_decision_returns_same_receipt(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> list[Any]:
        opened = await counter.open_check(client, card)
        receipts = []
        for _ in range(3):  # with a new signature each time, as after a restart
            counter.now += timedelta(hours=1)
            submission = decision(client, opened.check_id, [yes(Item.DIAGNOSIS)])
            receipts.append(await client.submit(opened.check_id, submission, "key-1"))
        return receipts

    first, second, third = counter.play(scenario)
    assert isinstance(first, Receipt)
    assert first == second == third


def test_conflicting_submissions_are_refused(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> list[Any]:
        check_id = (await counter.open_check(client, card)).check_id
        other_check_id = (await counter.open_check(client, card)).check_id
        submission = decision(client, check_id, [yes(Item.DIAGNOSIS)])
        assert isinstance(await client.submit(check_id, submission, "key-1"), Receipt)
        return [
            # same key, different decision
            await client.submit(check_id, decision(client, check_id, [no(Item.DIAGNOSIS)]), "key-1"),
            # same key, different ledger
            await client.submit(check_id, decision(client, check_id, [yes(Item.DIAGNOSIS)], ledger_count=8), "key-1"),
            # different key, same decision
            await client.submit(check_id, submission, "key-2"),
            # key used for a different check
            await client.submit(other_check_id, decision(client, other_check_id, [yes(Item.DIAGNOSIS)]), "key-1"),
        ]

    assert [refusal(answer) for answer in counter.play(scenario)] == [RefusalReason.CONFLICT] * 4


# --- refusals ------------------------------------------------------------------------------------------------


def test_other_terminals_cannot_submit(counter: Any, card: Any) -> None:
    opened = counter.play(lambda client: counter.open_check(client, card))

    async def submit(client: Any) -> Any:
        return await client.submit(opened.check_id, decision(client, opened.check_id, []), "key-1")

    other_key, _ = enrol_locally(counter.state_dir, "terminal-2")
    with_own_key = counter.play(submit, terminal_id="terminal-2", terminal_key=other_key)
    with_wrong_key = counter.play(submit, terminal_key=SigningKey.generate())
    assert refusal(with_own_key) is RefusalReason.UNKNOWN_TERMINAL
    assert refusal(with_wrong_key) is RefusalReason.BAD_SIGNATURE


def test_altered_answer_is_refused(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_check(client, card)
        signed = decision(client, opened.check_id, [no(Item.DIAGNOSIS)])
        return await client.submit(opened.check_id, signed.model_copy(update={"answers": (yes(Item.DIAGNOSIS),)}), "k")

    assert refusal(counter.play(scenario)) is RefusalReason.BAD_SIGNATURE


def test_submission_for_unregistered_person_is_refused(counter: Any, card: Any) -> None:
    counter.register(card, "unregistered")

    async def scenario(client: Any) -> list[Any]:
        opened = await counter.open_check(client, card)
        submission = decision(client, opened.check_id, [])
        before = await client.submit(opened.check_id, submission, "key-1")
        await client.register(opened.check_id)
        return [before, await client.submit(opened.check_id, submission, "key-1")]

    before, after = counter.play(scenario)
    assert refusal(before) is RefusalReason.NOT_REGISTERED
    assert isinstance(after, Receipt)


def test_submission_for_inquiry_is_refused(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> Any:
        opened = await counter.open_by_pin(client, card, Purpose.INQUIRY)
        return await client.submit(opened.check_id, decision(client, opened.check_id, []), "key-1")

    assert refusal(counter.play(scenario)) is RefusalReason.NOT_ALLOWED


@pytest.mark.parametrize("item", [Item.DIAGNOSIS, Item.MEDICINES, Item.SURGERY, Item.HEALTH_CHECKUP])
def test_consents_of_people_whose_data_is_never_shared_are_refused(counter: Any, card: Any, item: Item) -> None:
    counter.register(card, "self-defence")

    async def scenario(client: Any) -> list[Any]:
        opened = await counter.open_check(client, card)
        granted = decision(client, opened.check_id, [yes(item), yes(Item.HIGH_COST_LIMIT)])
        refused = decision(client, opened.check_id, [no(item), yes(Item.HIGH_COST_LIMIT)])
        return [await client.submit(opened.check_id, submission, "key-1") for submission in (granted, refused)]

    granted, refused = counter.play(scenario)
    assert refusal(granted) is RefusalReason.NOT_ALLOWED
    assert isinstance(refused, Receipt)


def test_check_can_be_submitted_for_25_hours(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> list[Any]:
        first, second = await counter.open_check(client, card), await counter.open_check(client, card)
        counter.now += timedelta(hours=24)
        before_deadline = await client.submit(first.check_id, decision(client, first.check_id, []), "key-1")
        counter.now += timedelta(hours=2)
        after_deadline = await client.submit(second.check_id, decision(client, second.check_id, []), "key-2")
        counter.now += timedelta(days=3)
        return [
            before_deadline,
            after_deadline,
            await client.result(first.check_id),
            await client.result(second.check_id),
        ]

    before_deadline, after_deadline, result, missing = counter.play(scenario)
    assert isinstance(before_deadline, Receipt)
    assert refusal(after_deadline) is RefusalReason.NO_SUCH_CHECK
    assert isinstance(result, QualificationResult)
    assert refusal(missing) is RefusalReason.NOT_SUBMITTED


def test_result_without_submission_or_check_is_refused(counter: Any, card: Any) -> None:
    async def scenario(client: Any) -> list[Any]:
        opened = await counter.open_check(client, card)
        return [await client.result(opened.check_id), await client.result("ff" * 16), await client.register("0" * 32)]

    assert [refusal(answer) for answer in counter.play(scenario)] == [
        RefusalReason.NOT_SUBMITTED,
        RefusalReason.NO_SUCH_CHECK,
        RefusalReason.NO_SUCH_CHECK,
    ]


# --- receipts and models -------------------------------------------------------------------------------------


def test_receipt_is_valid_only_for_its_decision() -> None:
    service, terminal = SigningKey.generate(), SigningKey.generate()
    submission = Submission(
        terminal_id="terminal-1",
        decided_at=ANSWERED,
        answers=(yes(Item.DIAGNOSIS),),
        ledger_count=3,
        ledger_head="ab",
        signature=terminal.sign(b"anything"),
    )
    digest = sha256(statement_for_submission("c1", submission)).digest()
    facts: dict[str, Any] = {
        "accepted_at": ANSWERED,
        "submission_digest": digest,
        "ledger_count": 3,
        "ledger_head": "ab",
        "card_signature": CardSignature.ABSENT,
    }
    signature = service.sign(receipt_statement(check_id="c1", **facts))
    receipt = Receipt(check_id="c1", signature=signature, **facts)
    assert is_receipt_for(service.public_pem, "c1", submission, receipt)
    assert not is_receipt_for(terminal.public_pem, "c1", submission, receipt)
    assert not is_receipt_for(service.public_pem, "c2", submission, receipt)
    for changes in (
        {"accepted_at": ANSWERED + timedelta(seconds=1)},
        {"submission_digest": bytes(32)},
        {"ledger_count": 4},
        {"ledger_head": "ac"},
        {"check_id": "c2"},
        {"card_signature": CardSignature.VALID},
        {"card_signature": None},
    ):
        assert not is_receipt_for(service.public_pem, "c1", submission, receipt.model_copy(update=changes))
    withdrawn = submission.model_copy(update={"answers": (no(Item.DIAGNOSIS),)})
    assert not is_receipt_for(service.public_pem, "c1", withdrawn, receipt)


def test_invalid_submissions_are_refused() -> None:
    with pytest.raises(ValidationError):
        ConsentAnswer(item=Item.DIAGNOSIS, flag=1)
    signed: dict[str, Any] = {
        "terminal_id": "t",
        "decided_at": ANSWERED,
        "ledger_count": 1,
        "ledger_head": "",
        "signature": b"x",
    }
    with pytest.raises(ValidationError, match="duplicate item"):
        Submission(answers=(yes(Item.DIAGNOSIS), no(Item.DIAGNOSIS)), **signed)
    with pytest.raises(ValidationError, match="duplicate item"):
        Submission(answers=(no(Item.HIGH_COST_LIMIT),), by_law=(Item.HIGH_COST_LIMIT,), **signed)
    with pytest.raises(ValidationError, match="by law"):
        Submission(answers=(), by_law=(Item.DIAGNOSIS,), **signed)


def test_statement_covers_all_fields_but_not_answer_order() -> None:
    signed = {"terminal_id": "t", "decided_at": ANSWERED, "ledger_count": 1, "ledger_head": "", "signature": b"x"}
    original = Submission(answers=(yes(Item.DIAGNOSIS), no(Item.SURGERY)), **signed)
    reordered = Submission(answers=(no(Item.SURGERY), yes(Item.DIAGNOSIS)), **signed)
    assert statement_for_submission("c", original) == statement_for_submission("c", reordered)
    changed = [
        original.model_copy(update=changes)
        for changes in (
            {"answers": (yes(Item.DIAGNOSIS),)},
            {"answers": (yes(Item.DIAGNOSIS), yes(Item.SURGERY))},
            {"answers": (yes(Item.DIAGNOSIS, ANSWERED + timedelta(microseconds=1)), no(Item.SURGERY))},
            {"by_law": (Item.HIGH_COST_LIMIT,)},
            {"prescription_form": PrescriptionForm.PAPER},
            {"decided_at": ANSWERED + timedelta(microseconds=1)},
            {"terminal_id": "u"},
            {"ledger_count": 2},
            {"ledger_head": "00"},
        )
    ]
    statements = {statement_for_submission("c", submission) for submission in (original, *changed)}
    statements.add(statement_for_submission("d", original))
    assert len(statements) == len(changed) + 2


def test_stored_data_survives_restart_and_contains_no_personal_data(counter: Any, card: Any) -> None:
    def start_again() -> StubServer:
        service = open_service(counter.state_dir, database_url=counter.database_url, clock=lambda: counter.now)
        server = StubServer(service)
        server.start()
        return server

    opened = counter.play(lambda client: counter.open_check(client, card))

    async def submit(client: Any) -> Any:
        return await client.submit(opened.check_id, decision(client, opened.check_id, [no(Item.SURGERY)]), "key-1")

    receipt = counter.play(submit)
    counter.server.close()
    counter.server = start_again()
    assert isinstance(receipt, Receipt)
    assert counter.play(submit) == receipt
    assert isinstance(counter.play(lambda client: client.result(opened.check_id)), QualificationResult)
    content = database_content(counter.database_url)
    assert opened.check_id in content
    for personal in ("模擬", "0001234", "1981"):
        assert personal not in content


def database_content(database_url: str) -> str:
    url = sa.make_url(database_url)
    driver = "postgresql+psycopg" if url.get_backend_name() == "postgresql" else url.drivername
    with sa.create_engine(url.set(drivername=driver)).connect() as connection:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in connection.execute(table.select()))
