"""Several terminals of a house hand their results to one folder, while the service goes and comes back."""

from collections import Counter

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.verification import LedgerIntact
from terminal.assembly import client_of, ledger_path
from terminal.conductor.outcome import DeliveryStage
from terminal.qualification.client import Audit
from terminal.qualification.receipts import verify_with_receipts
from tests.terminal.keeping.conftest import House
from tests.terminal.keeping.house import HouseTerminal


def with_inbox(house: House, settings: Settings) -> Settings:
    (house.folder / "inbox").mkdir(exist_ok=True)
    handover = settings.handover.model_copy(update={"folder": house.folder / "inbox"})
    return settings.model_copy(update={"handover": handover})


def test_nothing_is_lost_and_nothing_is_doubled(house: House) -> None:
    terminals = [with_inbox(house, house.enrolled(name)) for name in ("front-1", "front-2", "front-3")]
    names: Counter[str] = Counter()
    for settings in terminals:

        async def day(terminal: HouseTerminal) -> tuple[Audit, str]:
            assert (await terminal.reception()).stage is DeliveryStage.DELIVERED
            waiting = await terminal.opened()
            await terminal.decided(waiting)
            house.server.stop()
            assert (await terminal.delivery.deliver(waiting)).stage is DeliveryStage.SILENT
            house.server.start()
            await terminal.reception(granted=False)
            await terminal.delivery.work_off()
            assert terminal.delivery.backlog() == 0
            audit = await terminal.client.audit()
            assert isinstance(audit, Audit)
            return audit, terminal.enrolment.service_public_key

        audit, key = house.at(settings, day)
        assert len(audit.receipts) == 3
        assert isinstance(verify_with_receipts(ledger_path(settings), key, audit.receipts, audit.opened), LedgerIntact)
        records = LedgerFile(ledger_path(settings)).records()
        names.update(record.event.file_name for record in records if record.event.kind == "delivered")
    files = [file.name for file in (house.folder / "inbox").glob("*.xml")]
    assert sorted(names.elements()) == sorted(files)
    assert len(files) == 9
    assert client_of(terminals[0])[1].terminal_id == "front-1"
