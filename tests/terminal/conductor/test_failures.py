"""Failures of real parts: service timeouts, restarts, a missing result folder and a full ledger."""

import asyncio
import contextlib
import gc
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from config.japan import JAPAN
from consent.ledger import LedgerFile
from consent.records import Decided
from consent.verification import LedgerIntact
from terminal.assembly import NotReady, ledger_path, open_terminal
from terminal.conductor.wiped_patient_data import Patient
from terminal.handover.patient_numbers import insured_key
from terminal.problems import ProblemCode
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from terminal.simulated.service.people import fictitious_people
from tests.terminal.conductor.counter_fixture import Desk

LIFE_CYCLE = ["opened", "decided", "confirmed", "handing-over", "delivered"]


def test_reception_writes_result_and_intact_ledger(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            await desk.share_all()
            state = await desk.until(st.Complete)
            assert state.outcome is st.Outcome.DONE
            await desk.take_card()

    asyncio.run(day())
    assert desk.record_kinds() == LIFE_CYCLE
    assert set(flags_in(desk.results()[0]).values()) == {1}
    assert isinstance(LedgerFile(ledger_path(desk.settings)).verify(), LedgerIntact)


@pytest.mark.parametrize("damaged", [False, True])
def test_result_contains_clinics_patient_number(desk: Desk, damaged: bool) -> None:
    """The exchange database provides the number. If it is damaged, the result is written without the number."""
    path = desk.settings.state_dir / "exchange.db"
    with contextlib.closing(ExchangeStore(path)) as store:
        key = insured_key(fictitious_people()["adult"].qualifications[0])
        assert key is not None
        store.numbers.register(desk.settings.service.institution_code, key, "24434")
    if damaged:
        path.write_bytes(b"not a database" * 1000)

    async def day() -> None:
        async with desk.open():
            await desk.share_all_by_pin()

    asyncio.run(day())
    has_number = b"<ReferenceNumber>24434</ReferenceNumber>" in desk.results()[0].read_bytes()
    assert has_number is not damaged


def test_submission_is_retried_with_same_key_and_time_after_timeout(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def record_keys() -> None:
        client = desk.conductor.service.client
        submit = client.submit

        async def record_key(check_id: str, submission: Any, idempotency_key: str) -> Any:
            keys.append(idempotency_key)
            return await submit(check_id, submission, idempotency_key)

        monkeypatch.setattr(client, "submit", record_key)

    async def silent_day() -> None:
        async with desk.open():
            record_keys()
            await desk.reach_consent()
            desk.counter.stub.set_rule(Operation.SUBMIT, Rule(mode=ResponseMode.SILENT))
            desk.conductor.service.client._connection._timeout = 0.5  # affects only the submission
            await desk.share_all()
            state = await desk.until(st.Complete)
            assert state.outcome is st.Outcome.AWAITING
            await desk.take_card()

    async def next_day() -> None:
        desk.counter.stub.clear_rules()
        async with desk.open():
            record_keys()
            async with asyncio.timeout(60):
                while "delivered" not in desk.record_kinds():
                    await asyncio.sleep(0.02)

    asyncio.run(silent_day())
    assert desk.record_kinds() == ["opened", "decided"]
    assert desk.results() == []
    asyncio.run(next_day())
    assert desk.record_kinds() == LIFE_CYCLE
    decision = [record.event for record in LedgerFile(ledger_path(desk.settings)).records()][1]
    assert isinstance(decision, Decided)
    assert decision.result_file in desk.results()[0].name
    assert len(keys) >= 2
    assert set(keys) == {decision.idempotency_key}
    answered_at = decision.answers[0].answered_at
    assert answered_at is not None
    assert answered_at.astimezone(JAPAN).strftime("%Y%m%d%H%M%S").encode() in desk.results()[0].read_bytes()


def test_interrupted_reception_is_decided_without_consent_at_next_start(desk: Desk) -> None:
    async def interrupted_day() -> None:
        async with desk.open():
            await desk.reach_consent()

    async def next_start() -> None:
        async with desk.open():
            async with asyncio.timeout(60):
                while "delivered" not in desk.record_kinds():
                    await asyncio.sleep(0.02)

    asyncio.run(interrupted_day())
    assert desk.record_kinds() == ["opened"]
    asyncio.run(next_start())
    assert desk.record_kinds() == LIFE_CYCLE
    assert set(flags_in(desk.results()[0]).values()) == {0}


def test_result_is_delivered_later_if_its_folder_is_missing(desk: Desk) -> None:
    folder = desk.settings.results_dir
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file instead of the folder")

    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            await desk.share_all()
            state = await desk.until(st.Complete)
            assert state.outcome is st.Outcome.DONE
            assert not state.delivered
            await desk.take_card()
            assert desk.conductor.delivery.backlog() == 1
            folder.unlink()
            await desk.conductor.delivery.process_outbox()
            assert desk.conductor.delivery.backlog() == 0

    asyncio.run(day())
    assert desk.record_kinds() == LIFE_CYCLE
    assert len(desk.results()) == 1


def test_timeout_while_opening_check_records_nothing(desk: Desk) -> None:
    card = desk.card()

    async def day() -> None:
        async with desk.open():
            desk.readers.insert(card)
            await desk.until(st.ChoosingMethod)
            desk.counter.stub.silence(Operation.CHALLENGE)
            desk.counter.stub.silence(Operation.OPEN)
            desk.touch(ev.PinChosen)
            await desk.type_pin("9999")
            state = await desk.until(
                lambda state: isinstance(state, st.Problem | st.PinEntry) and _has_pin_outcome(state)
            )
            if isinstance(state, st.PinEntry):  # the challenge was received before the service became silent
                assert state.wrong
                await desk.type_pin()
                state = await desk.until(st.Problem)
            assert state.problem is ProblemCode.SERVICE_UNRESPONSIVE
            await desk.take_card()

    asyncio.run(day())
    assert desk.record_kinds() == []


def _has_pin_outcome(state: st.State) -> bool:
    return isinstance(state, st.Problem) or (isinstance(state, st.PinEntry) and state.wrong)


def test_reception_works_after_cards_were_removed_during_reading(desk: Desk) -> None:
    async def day() -> None:
        async with desk.open():
            for _ in range(5):
                desk.readers.insert(desk.card())
                desk.readers.remove()
                await desk.until(st.Idle)
            await desk.share_all_by_pin()

    asyncio.run(day())
    assert desk.record_kinds() == LIFE_CYCLE


def test_no_patient_data_remains_after_reception(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """No `Patient` object remains, and PIN, printed code and name are not in the log, audit trail or ledger."""
    caplog.set_level(logging.DEBUG)
    card = desk.card()

    async def day() -> None:
        async with desk.open():
            desk.readers.insert(card)
            await desk.until(st.ChoosingMethod)
            desk.touch(ev.PinChosen)
            await desk.type_pin("5830")
            await desk.until(lambda state: isinstance(state, st.PinEntry) and state.wrong)
            await desk.type_pin()
            await desk.until(st.Consent)
            await desk.share_all()
            await desk.until(st.Complete)
            gc.collect()
            remaining = [patient for patient in gc.get_objects() if isinstance(patient, Patient) and not patient.wiped]
            assert remaining == []
            await desk.take_card()

    asyncio.run(day())
    output = caplog.text + "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in (desk.settings.state_dir / "audit.jsonl", ledger_path(desk.settings))
    )
    for secret in ("5830", card.printed_code, "模擬　花子", "0001234"):
        # ids and file names contain long digit sequences, which may include the secret by chance
        assert re.search(rf"(?<![0-9a-f]){secret}(?![0-9a-f])", output) is None


def test_decision_is_not_submitted_if_ledger_is_full(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def day() -> None:
        async with desk.open():
            await desk.reach_consent()
            from consent import store

            def fail_with_disk_full(*_: object) -> None:
                raise store.LedgerUnwritable("ledger.db: disk full")

            monkeypatch.setattr(store.LedgerStore, "append", fail_with_disk_full)
            await desk.share_all()
            state = await desk.until(st.Problem)
            assert state.problem is ProblemCode.LEDGER_FAILED
            await desk.take_card()

    asyncio.run(day())
    assert desk.record_kinds() == ["opened"]
    assert desk.results() == []


def test_second_terminal_on_same_ledger_is_refused(counter: DemoCounter) -> None:
    desk, second = Desk(counter, counter.settings), Desk(counter, counter.settings)

    async def day() -> None:
        async with desk.open():
            from consent.store import LedgerInUse

            with pytest.raises(LedgerInUse, match="ledger"):
                async with second.open():
                    pass

    asyncio.run(day())


def test_error_for_unenrolled_terminal_names_enrol_command(tmp_path: Path, counter: DemoCounter) -> None:
    settings = counter.settings.model_copy(update={"state_dir": tmp_path / "elsewhere"})
    with pytest.raises(NotReady, match="uketsuke enrol"):
        open_terminal(settings, None)  # type: ignore[arg-type]
