"""Tests that decisions waiting in the ledger are submitted after an update from version 0.1."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from consent.ledger import Ledger, LedgerFile
from consent.records import Decided, Record, SubmissionConfirmed
from consent.verification import LedgerIntact
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import Delivery, DeliveryStage
from terminal.conductor.worker import Worker
from terminal.handover.process import FolderProcess
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import CertificateStatus, Purpose, Receipt, Way
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.receipts import build_submission, verify_with_receipts
from terminal.qualification.statements_v1 import receipt_statement_v1, statement_v1_for_submission
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.service.enrolment import service_key
from terminal.simulated.service.server import StubServer, open_service
from terminal.simulated.service.storage.store import AcceptedSubmission, OpenedCheck

STATE = Path(__file__).parents[2] / "fixtures" / "state-v0.1.0"
INSTITUTION = "1319999999"


class OldState:
    """A state folder of version 0.1 with an unconfirmed decision at the end of its ledger."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        for part in ("stub", "terminal"):
            shutil.copytree(STATE / part, self.state / part)
        self.ledger_path = self.state / "ledger.db"
        shutil.copy(STATE / "ledger.db", self.ledger_path)
        self.waiting = self._truncate_after_consent()
        self.now = self.waiting.event.decided_at + timedelta(minutes=1)
        enrolment = Enrolment.load(enrolment_path(self.state))
        assert enrolment is not None
        self.enrolment = enrolment
        self.server = StubServer(open_service(self.state, in_memory=True, clock=lambda: self.now))
        self.server.start()

    def _truncate_after_consent(self) -> Record[Decided]:
        for record in LedgerFile(self.ledger_path).records():
            if isinstance(record.event, Decided) and record.event.granted:
                with sqlite3.connect(self.ledger_path) as connection:
                    connection.execute("DROP TRIGGER record_remains")
                    connection.execute("DELETE FROM record WHERE sequence > ?", (record.sequence,))
                connection.close()
                return Record(record.sequence, record.at, record.previous, record.hash, record.event)
        raise AssertionError("the fixture contains no granted decision")

    def client(self) -> QualificationClient:
        return QualificationClient(
            self.server.url,
            terminal_id=self.enrolment.terminal_id,
            institution_code=INSTITUTION,
            terminal_key=SigningKey.load_or_create(terminal_key_path(self.state)),
            service_public_key=self.enrolment.service_public_key,
        )

    def known_check(self) -> OpenedCheck:
        return OpenedCheck(
            check_id=self.waiting.event.check_id,
            terminal_id=self.enrolment.terminal_id,
            institution_code=INSTITUTION,
            purpose=Purpose.RECEPTION,
            way=Way.PIN,
            person="specific-disease",
            standing=CertificateStatus.VALID,
            registered=True,
            opened_at=self.now - timedelta(minutes=2),
        )

    async def process_outbox(self, *, accepted_before: bool) -> tuple[Any, list[Any]]:
        store = self.server.service._store
        await store.open(b"challenge", self.now, self.known_check())
        async with self.client() as client:
            if accepted_before:
                accepted = self.receipt_from_v1(client)
                digest = accepted.receipt.submission_digest
                await store.accept(self.waiting.event.check_id, digest, digest, accepted)
            ledger = Ledger.open(self.ledger_path, self.enrolment.terminal_id, clock=lambda: self.now)
            books = Worker("books")
            folder = FolderProcess(self.state / "results", create=True)
            delivery = Delivery(ledger, books, client, folder, Clock(), INSTITUTION)
            try:
                outcomes = await delivery.process_outbox()
            finally:
                delivery.close()
                books.close()
                ledger.close()
        return outcomes, [record.event for record in LedgerFile(self.ledger_path).records()]

    def receipt_from_v1(self, client: QualificationClient) -> AcceptedSubmission:
        """Return the submission as stored by a service of version 0.1."""
        submission = build_submission(client, self.waiting).model_copy(update={"wording_sha256": None})
        event = self.waiting.event
        facts: dict[str, Any] = {
            "check_id": event.check_id,
            "accepted_at": self.now,
            "submission_digest": sha256(statement_v1_for_submission(event.check_id, submission)).digest(),
            "ledger_count": self.waiting.sequence,
            "ledger_head": self.waiting.hash,
        }
        signature = service_key(self.state).sign(receipt_statement_v1(**facts))
        return AcceptedSubmission(
            submission, Receipt(signature=signature, simulated=True, **facts), event.idempotency_key
        )


@pytest.fixture
def old_state(tmp_path: Path) -> Iterator[OldState]:
    old_state = OldState(tmp_path)
    yield old_state
    old_state.server.close()


@pytest.mark.parametrize("accepted_before", [False, True])
def test_decision_from_version_0_1_is_submitted(old_state: OldState, accepted_before: bool) -> None:
    """`accepted_before`: the old service accepted the decision, but its response was lost."""
    outcomes, events = asyncio.run(old_state.process_outbox(accepted_before=accepted_before))
    assert DeliveryStage.DELIVERED in [outcome.stage for outcome in outcomes]
    check_id = old_state.waiting.event.check_id
    (confirmed,) = [event for event in events if isinstance(event, SubmissionConfirmed) and event.check_id == check_id]
    assert confirmed.card_signature == (None if accepted_before else "absent")
    verified = verify_with_receipts(old_state.ledger_path, old_state.enrolment.service_public_key)
    assert isinstance(verified, LedgerIntact)
    name = f"{old_state.waiting.event.result_file}.xml"
    flags = flags_in(old_state.state / "results" / name)
    assert {item for item, flag in flags.items() if flag} == old_state.waiting.event.granted
