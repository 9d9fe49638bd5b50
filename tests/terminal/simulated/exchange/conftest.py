"""Fixtures for exchange tests: a receipt computer and an exchange with a settable clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from terminal.handover.messages.kinds import kind_for_name, read_message
from terminal.handover.parts import Part
from terminal.handover.values import Severity
from terminal.handover.xml import MAX_BULK_SIZE, Encoding, ParsedFile, parse, write_document
from terminal.simulated.exchange.checks import LocalChecks, QualificationChecks
from terminal.simulated.exchange.insured import InsuredPeople, LocalInsured
from terminal.simulated.exchange.service import ExchangeRules, ExchangeService, Folders, Scan
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import fictitious_people

INSTITUTION = "1319999999"
MORNING = datetime(2026, 11, 21, 0, 3, 12, tzinfo=UTC)
"""9:03:12 in Japan."""


@dataclass
class Counter:
    """A receipt computer, which writes requests and reads answers."""

    folders: Folders
    store: ExchangeStore
    now: datetime = MORNING
    seconds: float = 100.0
    checks: QualificationChecks | None = None
    insured: InsuredPeople | None = None
    service: ExchangeService = field(init=False)

    def start(self, rules: ExchangeRules | None = None) -> None:
        self.service = ExchangeService(
            self.folders,
            self.insured or LocalInsured(fictitious_people()),
            self.checks or LocalChecks(fictitious_people()),
            self.store,
            rules=rules,
            clock=lambda: self.now,
            monotonic=lambda: self.seconds,
        )

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)

    def scan(self, times: int = 1) -> Scan:
        for _ in range(times):
            self.advance(0.5)
            scan = self.service.scan_once()
        return scan

    def put(self, name: str, data: bytes) -> Path:
        path = self.folders.req / name
        path.write_bytes(data)
        return path

    def ask(self, name: str, message: Part, encoding: Encoding = "UTF-8") -> Any:
        """Write a request and return the message in its answer."""
        self.put(name, write_document(message, encoding).data)
        self.scan(2)
        return self.read(name.replace("req_", "res_"))

    def read(self, name: str) -> Any:
        kind = kind_for_name(name)
        assert kind is not None
        parsed = parse((self.folders.res / name).read_bytes(), MAX_BULK_SIZE)
        assert isinstance(parsed, ParsedFile)
        result = read_message(parsed, kind.message)
        assert [problem for problem in result.problems if problem.severity is Severity.ERROR] == []
        return result.message

    def answers(self) -> list[str]:
        return sorted(path.name for path in self.folders.res.iterdir() if path.is_file())

    def requests(self) -> list[str]:
        return sorted(path.name for path in self.folders.req.iterdir() if path.is_file())


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    counter = Counter(Folders.below(tmp_path / "OQS"), ExchangeStore(tmp_path / "state" / "exchange.db"))
    counter.start()
    yield counter
    counter.store.close()


@pytest.fixture
def restart(counter: Counter) -> Callable[[ExchangeRules | None], None]:
    """Return a function that restarts the exchange."""

    def start(rules: ExchangeRules | None = None) -> None:
        counter.start(rules)

    return start
