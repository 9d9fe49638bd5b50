"""Tests that results that differ from the patient's answers are not delivered."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from consent.ledger import LedgerFile
from terminal.conductor.delivery import DeliveryStage
from terminal.handover.audit import check_files
from terminal.problems import ProblemCode
from terminal.qualification.contract import (
    ConsentOutcome,
    InsuredSearch,
    LimitCertificate,
    PrescriptionForm,
    ProvidedSubsidies,
    QualificationResult,
    Subsidy,
    SubsidyStatus,
)
from terminal.qualification.insured import SpecificDiseaseCertificate
from terminal.qualification.mismatch import Mismatch
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.service.misbehaviour import Lie, Operation, ResponseMode, Rule
from tests.terminal.qualification.delivering import SHARED, DeliveryTerminal

Result = QualificationResult
Alteration = Callable[[Result], Result]
HOUR = timedelta(hours=1)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


def yes(result: Result, item: Item, **changes: Any) -> ConsentOutcome:
    fields = {"consent_time": result.processed_at, **changes}
    return ConsentOutcome(item=item, flag=1, **fields)


def with_changes(result: Result, **changes: Any) -> Result:
    return result.model_copy(update=changes)


def change_consents(result: Result, change: Callable[[ConsentOutcome], ConsentOutcome | None]) -> Result:
    outcomes = (change(outcome) for outcome in result.consents)
    return with_changes(result, consents=tuple(outcome for outcome in outcomes if outcome is not None))


def claim(item: Item) -> Alteration:
    return lambda result: change_consents(
        result, lambda outcome: yes(result, item) if outcome.item is item else outcome
    )


def change_consent(**changes: Any) -> Alteration:
    """Alter the only granted consent."""

    def alter(result: Result) -> Result:
        return change_consents(
            result, lambda outcome: outcome.model_copy(update=changes) if outcome.flag == 1 else outcome
        )

    return alter


def shift_times(by: timedelta) -> Alteration:
    def alter(result: Result) -> Result:
        def shifted(outcome: ConsentOutcome) -> ConsentOutcome:
            if outcome.consent_time is None or outcome.available_time is None:
                return outcome
            times = {"consent_time": outcome.consent_time + by, "available_time": outcome.available_time + by}
            return outcome.model_copy(update=times)

        return change_consents(result, shifted)

    return alter


DISEASE = SpecificDiseaseCertificate(disease_category="1", valid_start_date=date(2026, 1, 1))
LIMIT = LimitCertificate(
    classification="01",
    classification_flag="A03",
    valid_start_date=date(2026, 8, 1),
    valid_end_date=date(2027, 7, 31),
)
SUBSIDY = Subsidy(insurer_number="80139999", recipient_number="1", name="子ども", valid_from=date(2026, 4, 1))
SEARCH = InsuredSearch(insurer_number="138999", insured_identification_number="1", birth_date=date(1981, 4, 12))

ALTERATIONS: dict[str, Alteration] = {
    "claims medicines": claim(Item.MEDICINES),
    "claims a check-up": claim(Item.HEALTH_CHECKUP),
    "claims the limit": claim(Item.HIGH_COST_LIMIT),
    "claims all": lambda r: change_consents(r, lambda answer: yes(r, answer.item)),
    "claims an item not asked about": lambda r: with_changes(r, consents=(*r.consents, yes(r, Item.SURGERY))),
    "claims a certificate not asked about": lambda r: with_changes(
        r, consents=(*r.consents, yes(r, Item.SPECIFIC_DISEASE))
    ),
    "claims subsidies not asked about": lambda r: with_changes(r, consents=(*r.consents, yes(r, Item.SUBSIDIES))),
    "refuses an item not asked about": lambda r: with_changes(
        r, consents=(*r.consents, ConsentOutcome(item=Item.SURGERY, flag=0))
    ),
    "repeats the answers": lambda r: with_changes(r, consents=r.consents + r.consents),
    "both refuses and consents": lambda r: with_changes(r, consents=(*r.consents, yes(r, Item.MEDICINES))),
    "omits an answer": lambda r: with_changes(r, consents=r.consents[1:]),
    "omits all answers": lambda r: with_changes(r, consents=()),
    "drops a consent": change_consent(flag=0, consent_time=None, available_time=None),
    "an hour earlier": shift_times(-HOUR),
    "an hour later": shift_times(HOUR),
    "a second later": shift_times(timedelta(seconds=1)),
    "a microsecond later": shift_times(timedelta(microseconds=1)),
    "lasts a week": lambda r: change_consents(
        r,
        lambda answer: (
            answer.model_copy(update={"available_time": r.processed_at + timedelta(days=7)}) if answer.flag else answer
        ),
    ),
    "the limit by law": lambda r: with_changes(r, by_law=(Item.HIGH_COST_LIMIT,)),
    "medicines by law": lambda r: with_changes(r, by_law=(Item.MEDICINES,)),
    "by law instead of refused": lambda r: with_changes(
        change_consents(r, lambda answer: None if answer.item is Item.HIGH_COST_LIMIT else answer),
        by_law=(Item.HIGH_COST_LIMIT,),
    ),
    "a refused limit": lambda r: with_changes(r, limit=LIMIT),
    "diseases not asked about": lambda r: with_changes(r, specific_diseases=(DISEASE,)),
    "subsidies not asked about": lambda r: with_changes(
        r, subsidies=ProvidedSubsidies(standing=SubsidyStatus.USABLE, certificates=(SUBSIDY,))
    ),
    "another institution": lambda r: with_changes(r, institution_code="9999999999"),
    "another check": lambda r: with_changes(r, check_id="0" * 32),
    "an older answer": lambda r: with_changes(r, processed_at=r.processed_at - timedelta(days=1)),
    "a later answer": lambda r: with_changes(r, processed_at=r.processed_at + timedelta(seconds=1)),
    "a look-up": lambda r: with_changes(r, reference_classification="2", search=SEARCH),
    "another prescription": lambda r: with_changes(r, prescription_form=PrescriptionForm.PAPER),
    "a prescription to dispense": lambda r: with_changes(r, dispense=("SIM-0001-1",)),
    "an error, and consents": lambda r: with_changes(
        claim(Item.MEDICINES)(r), segment="9", error_code="SIMQ0001E", validity=None
    ),
}


def test_altered_results_are_not_delivered(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every altered result has a valid signature. The unaltered result is delivered afterwards."""
    terminal = DeliveryTerminal(counter, card, tmp_path)
    service_result = counter.server.service.result
    current: list[Alteration] = []

    async def altered_result(check_id: str, caller: Any) -> Any:
        answer = await service_result(check_id, caller)
        return current[0](answer) if current and isinstance(answer, Result) else answer

    monkeypatch.setattr(counter.server.service, "result", altered_result)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            for name, alteration in ALTERATIONS.items():
                current[:] = [alteration]
                terminal.reported.clear()
                check_id = await terminal.record_decision(client, prescription_form="1")
                outcome = await terminal.delivery.deliver(check_id)
                assert terminal.files() == [], name
                other_check = name == "another check"  # refused by the client
                assert outcome.stage is (DeliveryStage.CONFIRMED if other_check else DeliveryStage.HELD_BACK), name
                code = ProblemCode.RESULT_UNSIGNED if other_check else ProblemCode.RESULT_NOT_OURS
                assert terminal.reported == [code.code], name
                history = terminal.ledger.history(check_id)
                assert history is not None
                assert len(history.mismatches) == (0 if other_check else 1), name

                second = await terminal.delivery.deliver(check_id, again=True)
                assert second.stage is outcome.stage, name
                history = terminal.ledger.history(check_id)
                assert history is not None
                assert len(history.mismatches) <= 1, name  # recorded only once

                current.clear()
                assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED, name
                (file,) = terminal.files()
                assert flags_in(file) == {item: int(yes) for item, yes in SHARED.items()}, name
                file.unlink()

    assert len(ALTERATIONS) >= 30
    counter.play(scenario)
    reasons = {record.event.reason for record in LedgerFile(terminal.path).records() if record.event.kind == "not-ours"}
    # the client refuses results for a different check; withdrawal has a separate test
    assert reasons == set(Mismatch) - {Mismatch.OTHER_CHECK, Mismatch.WITHDRAWN}


@pytest.mark.parametrize("lie", list(Lie))
def test_false_results_from_stub_are_not_delivered(counter: Any, card: Any, tmp_path: Path, lie: Lie) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path)

    async def scenario(client: Any) -> Any:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            counter.server.behaviour.set(Operation.RESULT, Rule(mode=ResponseMode.LYING, lie=lie, times=1))
            outcome = await terminal.delivery.deliver(check_id)
            assert terminal.files() == []
            assert outcome.stage is (DeliveryStage.CONFIRMED if lie is Lie.UNSIGNED else DeliveryStage.HELD_BACK)
            (outcome,) = await terminal.delivery.process_outbox()
            assert outcome.stage is DeliveryStage.DELIVERED
            return terminal.kinds()

    kinds = counter.play(scenario)
    assert kinds.count("not-ours") == (0 if lie is Lie.UNSIGNED else 1)
    code = ProblemCode.RESULT_UNSIGNED if lie is Lie.UNSIGNED else ProblemCode.RESULT_NOT_OURS
    assert terminal.reported == [code.code]
    assert flags_in(terminal.files()[0])[Item.MEDICINES] == 0


def replay_of_first(service_result: Callable[[str, Any], Awaitable[Any]]) -> Callable[[str, Any], Awaitable[Any]]:
    """Return a service method that queries the real one, but always returns its first answer."""
    answers: list[Any] = []

    async def first_answer(check_id: str, caller: Any) -> Any:
        answers.append(await service_result(check_id, caller))
        return answers[0]

    return first_answer


def test_withdrawn_consent_is_not_in_later_file(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The consent is withdrawn before the file is written, but the service returns an earlier result."""
    terminal = DeliveryTerminal(counter, card, tmp_path)
    service_result = counter.server.service.result
    first_answer = replay_of_first(service_result)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            monkeypatch.setattr(counter.server.service, "result", first_answer)
            with monkeypatch.context() as no_folder:
                no_folder.setattr(terminal.folder, "prepare", lambda *_: terminal.folder.inspect("none.xml"))
                assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS])
            assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.HELD_BACK
            monkeypatch.setattr(counter.server.service, "result", service_result)
            assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED

    counter.play(scenario)
    assert flags_in(terminal.files()[0])[Item.DIAGNOSIS] == 0


def test_consent_withdrawn_during_request_is_not_in_file(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            fetch = client.result

            async def fetch_and_withdraw(check: str) -> Any:
                answer = await fetch(check)
                assert await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS])
                return answer

            with monkeypatch.context() as patch:
                patch.setattr(client, "result", fetch_and_withdraw)
                assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert terminal.files() == []
            assert "handing-over" not in terminal.kinds()
            assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED

    counter.play(scenario)
    assert flags_in(terminal.files()[0])[Item.DIAGNOSIS] == 0


def test_auditor_finds_wrongly_delivered_consent(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal delivers a withdrawn consent because its comparison of results is disabled."""
    terminal = DeliveryTerminal(counter, card, tmp_path)
    first_answer = replay_of_first(counter.server.service.result)

    async def scenario(client: Any) -> str:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            with monkeypatch.context() as unchecked:
                unchecked.setattr(counter.server.service, "result", first_answer)
                unchecked.setattr(terminal.folder, "prepare", lambda *_: terminal.folder.inspect("none.xml"))
                await terminal.delivery.deliver(check_id)
            await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS])
            with monkeypatch.context() as unchecked:
                unchecked.setattr(counter.server.service, "result", first_answer)
                unchecked.setattr("terminal.conductor.handing_over.find_mismatch", lambda *_: None)
                assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED
            return check_id

    counter.play(scenario)
    (difference,) = check_files(terminal.results, terminal.path).differing
    assert difference.description == "SRJ: withdrawn before the handover"
    (file,) = terminal.files()
    file.write_bytes(file.read_bytes() + b"\n")
    differences = [difference.description for difference in check_files(terminal.results, terminal.path).differing]
    assert "changed since the handover" in differences


def test_file_remains_valid_after_later_withdrawal(counter: Any, card: Any, tmp_path: Path) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED
            assert await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS])

    counter.play(scenario)
    assert check_files(terminal.results, terminal.path).differing == ()


def test_limit_provided_by_law_is_not_reported_as_false_consent(counter: Any, card: Any, tmp_path: Path) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path)

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client, {Item.DIAGNOSIS: True}, by_law=[Item.HIGH_COST_LIMIT])
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED

    counter.play(scenario)
    assert flags_in(terminal.files()[0])[Item.HIGH_COST_LIMIT] == 1
    assert check_files(terminal.results, terminal.path).differing == ()
