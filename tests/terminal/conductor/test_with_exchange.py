"""An exchange and a terminal with the same service share consents and patient numbers."""

import asyncio
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lxml import etree

from consent.items import Item
from consent.ledger import LedgerFile
from terminal.assembly import enrolled_client, ledger_path
from terminal.handover.xml import write_document
from terminal.simulated.exchange.opening import open_exchange
from terminal.simulated.exchange.service import ExchangeRules, ExchangeService
from tests.terminal.conductor.counter_fixture import Desk
from tests.terminal.handover.requests import checkups, drugs, registration

RULES = ExchangeRules(settle_seconds=0.0)
TOMORROW = datetime.now(UTC).date() + timedelta(days=1)
"""Tomorrow in UTC, which is never before the current date in Japan."""


def request_data(exchange: ExchangeService, kind: str, number: int) -> str:
    """Request data and return the ResultCode and MessageCode of the response."""
    message = drugs(start=date(2026, 1, 1), end=TOMORROW) if kind == "YZK" else checkups()
    (exchange.folders.req / f"{kind}siquc01req_{number}.xml").write_bytes(write_document(message).data)
    exchange.scan_once()
    exchange.scan_once()
    root = etree.fromstring((exchange.folders.res / f"{kind}siquc01res_{number}.xml").read_bytes())
    return f"{root.findtext('MessageHeader/ResultCode')} {root.findtext('MessageHeader/MessageCode')}"


def test_exchange_refuses_data_after_withdrawal_at_terminal(desk: Desk, tmp_path: Path) -> None:
    exchange, store = open_exchange(
        tmp_path / "OQS", desk.settings.state_dir, RULES, open_client=lambda: enrolled_client(desk.settings)[0]
    )

    async def day() -> None:
        async with desk.open():
            await desk.share_all_by_pin()
            shutil.copy(desk.results()[0], exchange.folders.face)
            assert await asyncio.to_thread(request_data, exchange, "YZK", 1) == "1 SIMX0000I"

            records = LedgerFile(ledger_path(desk.settings)).records()
            check_id = next(record.event.check_id for record in records if record.event.kind == "decided")
            assert await desk.conductor.delivery.withdraw(check_id, [Item.MEDICINES])
            assert await asyncio.to_thread(request_data, exchange, "YZK", 2) == "9 SIMX0008E"
            assert await asyncio.to_thread(request_data, exchange, "TKK", 3) == "1 SIMX0000I"

    asyncio.run(day())
    store.close()


def test_next_result_contains_number_registered_with_exchange(desk: Desk, tmp_path: Path) -> None:
    exchange, store = open_exchange(
        tmp_path / "OQS", desk.settings.state_dir, RULES, open_client=lambda: enrolled_client(desk.settings)[0]
    )
    (exchange.folders.req / "OQSsiimm01req_1.xml").write_bytes(write_document(registration("24434")).data)
    exchange.scan_once()
    exchange.scan_once()
    store.close()

    async def day() -> None:
        async with desk.open():
            await desk.share_all_by_pin()

    asyncio.run(day())
    assert b"<ReferenceNumber>24434</ReferenceNumber>" in desk.results()[0].read_bytes()
