"""A terminal without a screen for delivery tests, with a real service, ledger and files."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.profiles import Profile
from consent.items import Item
from consent.ledger import Ledger
from consent.records import AskedQuestion, Cause, Decided, Opened, RecordedAnswer
from terminal.conductor.clock import Clock
from terminal.conductor.delivery import Delivery
from terminal.conductor.worker import Worker
from terminal.handover.process import FolderProcess
from terminal.handover.result_name import result_file_stem
from terminal.qualification.client import QualificationClient

INSTITUTION = "1319999999"
SHARED = {Item.DIAGNOSIS: True, Item.MEDICINES: False, Item.HEALTH_CHECKUP: False, Item.HIGH_COST_LIMIT: False}


class DeliveryTerminal:
    """A terminal's ledger and result folder. `clock_error` is its clock minus the service's clock."""

    def __init__(self, counter: Any, card: Any, folder: Path, *, limit: float = 10.0, **options: Any) -> None:
        self.counter, self.card, self.results = counter, card, folder / "results"
        self.path = folder / "ledger.db"
        self.clock_error = timedelta()
        self.reported: list[str] = []
        self.folder = FolderProcess(self.results, create=True, limit=limit)
        self._options = options

    def now(self) -> Any:
        return self.counter.now + self.clock_error

    @contextmanager
    def open(self, client: QualificationClient) -> Any:
        self.ledger = Ledger.open(self.path, "terminal-1", clock=self.now)
        worker = Worker("worker")
        clock = Clock()
        self.delivery = Delivery(self.ledger, worker, client, self.folder, clock, INSTITUTION, **self._options)
        self.delivery.on_problem = self.reported.append
        try:
            yield self
        finally:
            self.delivery.close()
            worker.close()
            self.ledger.close()

    async def record_decision(
        self,
        client: QualificationClient,
        answers: Mapping[Item, bool] = SHARED,
        *,
        by_law: Iterable[Item] = (),
        service_at: bool = True,
        **fields: Any,
    ) -> str:
        """Open a check by PIN, record a decision without sending it, and return the check id."""
        opened = await self.counter.open_check(client, self.card)
        check_id: str = opened.check_id
        common: dict[str, Any] = {
            "check_id": check_id,
            "reception_id": f"r-{check_id}",
            "card": "c" * 64,
            "profile": Profile.CLINIC,
        }
        self.ledger.opened(
            Opened(
                way="pin",
                questions=(AskedQuestion(question_id="q", items=tuple(answers)),),
                by_law=tuple(by_law),
                service_at=opened.opened_at if service_at else None,
                **common,
            )
        )
        now = self.now()
        self.ledger.decided(
            Decided(
                idempotency_key=f"r-{check_id}",
                decided_at=now,
                cause=Cause.ANSWERED,
                answers=tuple(
                    RecordedAnswer(
                        item=item,
                        granted=granted,
                        answered_at=now,
                        question_id="q",
                        language="ja",
                        wording="よいですか",
                    )
                    for item, granted in answers.items()
                ),
                by_law=tuple(by_law),
                result_file=result_file_stem(INSTITUTION, check_id, now),
                **common,
                **fields,
            )
        )
        return check_id

    def files(self) -> list[Path]:
        return sorted(self.results.glob("*.xml"))

    def kinds(self) -> list[str]:
        return [record.event.kind for record in self.ledger.records()]
