"""Terminals that share a result folder, with service interruptions."""

from collections import Counter

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.verification import LedgerIntact
from terminal.assembly import enrolled_client, ledger_path
from terminal.conductor.outcome import DeliveryStage
from terminal.qualification.client import Audit
from terminal.qualification.receipts import verify_with_receipts
from tests.terminal.backups.clinic import ClinicTerminal
from tests.terminal.backups.conftest import Clinic


def with_shared_folder(clinic: Clinic, settings: Settings) -> Settings:
    (clinic.folder / "inbox").mkdir(exist_ok=True)
    handover = settings.handover.model_copy(update={"folder": clinic.folder / "inbox"})
    return settings.model_copy(update={"handover": handover})


def test_no_result_is_lost_or_delivered_twice(clinic: Clinic) -> None:
    terminals = [with_shared_folder(clinic, clinic.enrol(name)) for name in ("front-1", "front-2", "front-3")]
    delivered_names: Counter[str] = Counter()
    for settings in terminals:

        async def day(terminal: ClinicTerminal) -> tuple[Audit, str]:
            assert (await terminal.reception()).stage is DeliveryStage.DELIVERED
            check_id = await terminal.open_check()
            await terminal.record_decision(check_id)
            clinic.server.stop()
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.SILENT
            clinic.server.start()
            await terminal.reception(granted=False)
            await terminal.delivery.process_outbox()
            assert terminal.delivery.backlog() == 0
            audit = await terminal.client.audit()
            assert isinstance(audit, Audit)
            return audit, terminal.enrolment.service_public_key

        audit, key = clinic.run(settings, day)
        assert len(audit.receipts) == 3
        assert isinstance(verify_with_receipts(ledger_path(settings), key, audit.receipts, audit.opened), LedgerIntact)
        records = LedgerFile(ledger_path(settings)).records()
        delivered_names.update(record.event.file_name for record in records if record.event.kind == "delivered")
    files = [file.name for file in (clinic.folder / "inbox").glob("*.xml")]
    assert sorted(delivered_names.elements()) == sorted(files)
    assert len(files) == 9
    assert enrolled_client(terminals[0])[1].terminal_id == "front-1"
