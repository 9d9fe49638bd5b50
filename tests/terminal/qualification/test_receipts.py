"""Tests that the service's receipts reveal a truncated or rewritten ledger."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from config.profiles import Profile
from consent.hash_chain import genesis_hash, record_body, record_hash
from consent.items import Item
from consent.ledger import Ledger, LedgerFile
from consent.records import (
    Cause,
    Decided,
    Opened,
    RecordedAnswer,
    SubmissionConfirmed,
)
from consent.verification import LedgerBroken, LedgerIntact
from terminal.qualification.client import Audit
from terminal.qualification.contract import Receipt
from terminal.qualification.keys import Enrolment, SigningKey
from terminal.qualification.receipts import (
    ForgedReceipt,
    MissingChecks,
    build_submission,
    to_confirmation,
    verify_with_receipts,
)

ITEMS = (Item.DIAGNOSIS, Item.MEDICINES)


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


class ConfirmedLedger:
    """A ledger with checks confirmed by the service."""

    def __init__(self, counter: Any, card: Any, path: Path, receptions: int = 3) -> None:
        self.path, self.key = path, counter.enrolment.service_public_key
        self.audit: Audit = counter.play(lambda client: self._run_receptions(counter, client, card, receptions))
        self.receipts = self.audit.receipts

    async def _run_receptions(self, counter: Any, client: Any, card: Any, receptions: int) -> Any:
        with Ledger.open(self.path, "terminal-1", clock=lambda: counter.now) as ledger:
            for number in range(receptions):
                await self._run_reception(counter, client, card, ledger, granted=number != 1)
        audit = await client.audit()
        assert isinstance(audit, Audit)
        return audit

    async def _run_reception(self, counter: Any, client: Any, card: Any, ledger: Ledger, *, granted: bool) -> None:
        check_id = (await counter.open_check(client, card)).check_id
        common: dict[str, Any] = {
            "check_id": check_id,
            "reception_id": f"r-{check_id}",
            "card": "c" * 64,
            "profile": Profile.CLINIC,
        }
        ledger.opened(Opened(way="pin", **common))
        answers = tuple(
            RecordedAnswer(
                item=item,
                granted=granted,
                answered_at=counter.now,
                question_id="q",
                language="ja",
                wording="よいですか",
            )
            for item in ITEMS
        )
        decided = ledger.decided(
            Decided(
                idempotency_key=f"r-{check_id}",
                decided_at=counter.now,
                cause=Cause.ANSWERED,
                answers=answers,
                result_file="f",
                **common,
            )
        )
        receipt = await client.submit(check_id, build_submission(client, decided), f"r-{check_id}")
        assert isinstance(receipt, Receipt), receipt
        ledger.confirmed(to_confirmation(receipt))
        ledger.delivered(check_id, "f.xml")

    def verify(self, *, with_receipts: bool = True) -> Any:
        return verify_with_receipts(self.path, self.key, self.receipts if with_receipts else None)

    def rewrite(self, change: Any) -> None:
        """Apply `change` to all records and rebuild the hash chain, as someone with access to the disk could."""
        records = list(LedgerFile(self.path).records())
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        with Ledger.open(self.path, "terminal-1", clock=lambda: records[0].at):
            pass
        connection = sqlite3.connect(self.path)
        heads: dict[str, Any] = {}
        previous, sequence = genesis_hash("terminal-1"), 0
        for record in records:
            event = change(record.event)
            if event is None:
                continue
            if isinstance(event, SubmissionConfirmed) and event.check_id in heads:
                count, head = heads[event.check_id]
                event = event.model_copy(update={"ledger_count": count, "ledger_hash": head})
            sequence += 1
            body = record_body(sequence, record.at, previous, event)
            previous = record_hash(previous, body)
            if isinstance(event, Decided):
                heads[event.check_id] = (sequence, previous)
            connection.execute("INSERT INTO record (sequence, body, hash) VALUES (?, ?, ?)", (sequence, body, previous))
        connection.commit()
        connection.close()


@pytest.fixture
def ledger(counter: Any, card: Any, tmp_path: Path) -> ConfirmedLedger:
    return ConfirmedLedger(counter, card, tmp_path / "ledger.db")


def test_intact_ledger_is_verified(ledger: ConfirmedLedger) -> None:
    for with_receipts in (True, False):
        outcome = ledger.verify(with_receipts=with_receipts)
        assert isinstance(outcome, LedgerIntact)
        assert outcome.head.count == 12
    assert len(ledger.receipts) == 3


@pytest.mark.parametrize("remaining", [2, 5, 9, 10])
def test_truncated_ledger_is_detected_only_with_receipts(ledger: ConfirmedLedger, remaining: int) -> None:
    connection = sqlite3.connect(ledger.path)
    connection.execute("DROP TRIGGER forbid_record_delete")
    connection.execute("DELETE FROM record WHERE sequence > ?", (remaining,))
    connection.commit()
    connection.close()
    assert isinstance(ledger.verify(with_receipts=False), LedgerIntact)
    last_decision = ledger.receipts[-1].ledger_count
    broken = ledger.verify()
    if remaining < last_decision:
        assert isinstance(broken, LedgerBroken)
        assert broken.sequence == remaining + 1
        assert "missing at the end" in broken.problem
    else:  # only the confirmation is missing; the terminal requests it again
        assert isinstance(broken, LedgerIntact)


def test_refusal_rewritten_as_consent_is_detected(ledger: ConfirmedLedger) -> None:
    def grant(event: Any) -> Any:
        if not isinstance(event, Decided) or event.granted:
            return event
        answers = tuple(answer.model_copy(update={"granted": True}) for answer in event.answers)
        return event.model_copy(update={"answers": answers})

    ledger.rewrite(grant)
    for with_receipts in (True, False):  # the signed confirmation is sufficient
        assert isinstance(ledger.verify(with_receipts=with_receipts), LedgerBroken)


def test_check_removed_from_rebuilt_chain_is_detected(ledger: ConfirmedLedger) -> None:
    omitted = ledger.receipts[1].check_id
    ledger.rewrite(lambda event: None if event.check_id == omitted else event)
    assert isinstance(ledger.verify(), LedgerBroken)


def test_forged_confirmation_is_detected(ledger: ConfirmedLedger, counter: Any, card: Any, tmp_path: Path) -> None:
    forged = SigningKey.generate()
    ledger.rewrite(
        lambda event: (
            event.model_copy(update={"signature": "c2lnbmVk"}) if isinstance(event, SubmissionConfirmed) else event
        )
    )
    broken = ledger.verify(with_receipts=False)
    assert isinstance(broken, LedgerBroken)
    assert broken.sequence == 3
    assert "not the service's confirmation" in broken.problem
    other = ConfirmedLedger(counter, card, tmp_path / "other.db")
    assert isinstance(verify_with_receipts(other.path, forged.public_pem), LedgerBroken)


def test_confirmation_without_receipt_is_detected(ledger: ConfirmedLedger) -> None:
    ledger.receipts = ledger.receipts[1:]
    broken = ledger.verify()
    assert isinstance(broken, LedgerBroken)
    assert "without a receipt" in broken.problem


def test_altered_receipts_are_refused(ledger: ConfirmedLedger) -> None:
    first = ledger.receipts[0].model_copy(update={"ledger_count": 99})
    assert verify_with_receipts(ledger.path, ledger.key, [first]) == ForgedReceipt(first.check_id)


def test_ledger_copy_is_verified(ledger: ConfirmedLedger, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(ledger.path, copy)
    assert isinstance(verify_with_receipts(copy, ledger.key, ledger.receipts), LedgerIntact)


def test_missing_check_is_detected_by_service_count(counter: Any, card: Any, tmp_path: Path) -> None:
    """A check without a submission has no receipt, so removing it from the chain leaves no trace."""
    ledger = ConfirmedLedger(counter, card, tmp_path / "ledger.db")
    day = counter.now.date()

    def verify(audit: Audit) -> Any:
        return verify_with_receipts(ledger.path, ledger.key, audit.receipts, audit.opened)

    assert isinstance(verify(ledger.audit), LedgerIntact)
    counter.play(lambda client: counter.open_check(client, card))
    audit = counter.play(lambda client: client.audit())
    assert [day.checks for day in audit.opened] == [4]
    assert verify(audit) == MissingChecks(4, 3, (day,))


def test_version_1_receipts_are_verified(tmp_path: Path) -> None:
    """In a ledger of version 0.1, the service signed version 1 statements."""
    state = Path("tests/fixtures/state-v0.1.0")
    shutil.copy(state / "ledger.db", tmp_path / "ledger.db")
    enrolment = Enrolment.load(state / "terminal" / "enrolment.json")
    assert enrolment is not None
    records = list(LedgerFile(tmp_path / "ledger.db").records())
    confirmed = [record.event for record in records if isinstance(record.event, SubmissionConfirmed)]
    assert confirmed
    assert {event.card_signature for event in confirmed} == {None}
    assert isinstance(verify_with_receipts(tmp_path / "ledger.db", enrolment.service_public_key), LedgerIntact)
    stranger = SigningKey.generate().public_pem
    assert isinstance(verify_with_receipts(tmp_path / "ledger.db", stranger), LedgerBroken)
