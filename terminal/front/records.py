"""Read today's receptions from the audit trail and today's checks from the ledger, incrementally."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.lifecycle import History, LifeCycleError, with_record
from consent.records import Opened
from consent.store import LedgerError
from terminal.assembly import ledger_path

MAX_DAY_SIZE = 32_000_000
"""Maximum number of bytes searched for today's receptions, from the end of the audit trail."""
_FIRST_SCREEN = ("Idle", "CardShown")


@dataclass(slots=True)
class AuditedReception:
    """Reception recorded in the audit trail."""

    reception: str
    number: int
    at: str
    """When the card was put down, in ISO 8601 with time zone."""
    after: str = ""
    """Last state before the first screen."""
    detail: str = ""
    """Details of that state, such as a problem code or an outcome."""
    left: str = ""
    """How the reception ended, if its check was not opened."""
    ended: bool = False


class Trail:
    """Incremental reader of the audit trail. Starts over when a new file begins each month."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._day: date | None = None
        self._file_id, self._position, self._rest = 0, 0, b""
        self.receptions: dict[str, AuditedReception] = {}

    def read(self, day: date) -> None:
        """Read new entries of this day. Do nothing if the file cannot be read."""
        if day != self._day:
            self._day, self.receptions = day, {}
        try:
            with self._path.open("rb") as file:
                file.seek(0, 2)
                end, file_id = file.tell(), self._path.stat().st_ino
                if file_id != self._file_id or end < self._position:
                    self._file_id, self._rest = file_id, b""
                    self._position = max(end - MAX_DAY_SIZE, 0)
                file.seek(self._position)
                written = self._rest + file.read(end - self._position)
                self._position = end
        except OSError:
            return
        *lines, self._rest = written.split(b"\n")
        today = f'"at": "{day.isoformat()}'.encode()
        for line in lines:
            if today in line:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record: dict[str, Any] = json.loads(line)
            name, number = str(record["reception"]), int(record["number"])
            at, before, after = str(record["at"]), str(record["before"]), str(record["after"])
            detail = str(record["detail"])
        except (ValueError, TypeError, KeyError):
            return  # line incomplete after a crash
        if not name:
            return
        reception = self.receptions.setdefault(name, AuditedReception(name, number, at))
        # if the next card is on the reader, this reception ends with the state "Reading" of the next one
        reception.ended = after in _FIRST_SCREEN or (after == "Reading" and before not in _FIRST_SCREEN)
        if reception.ended:
            reception.left = detail
        elif after != reception.after or detail:
            reception.after, reception.detail = after, detail


class TodaysChecks:
    """Incremental reader of the ledger for checks opened today."""

    def __init__(self, path: Path) -> None:
        self._ledger = LedgerFile(path)
        self._day: date | None = None
        self._next = 0
        self._by_check: dict[str, History] = {}
        self.readable = True
        """Whether the ledger could be read."""

    @property
    def by_reception(self) -> dict[str, History]:
        return {history.opened.event.reception_id: history for history in self._by_check.values()}

    def read(self, day: date) -> None:
        """Read new records. Blocks."""
        try:
            if day != self._day:
                self._day, self._by_check, self._next = day, {}, self._first_sequence(day)
            for record in self._ledger.records(self._next):
                self._next = record.sequence + 1
                history = self._by_check.get(record.event.check_id)
                if history is not None or isinstance(record.event, Opened):
                    self._by_check[record.event.check_id] = with_record(history, record)
        except (LedgerError, LifeCycleError):
            self.readable = not self._ledger.path.exists()
            return
        self.readable = True

    def _first_sequence(self, day: date) -> int:
        """Return the sequence number of the day's first record, found by binary search."""
        low, high = 1, self._ledger.head().count + 1
        while low < high:
            middle = (low + high) // 2
            record = next(iter(self._ledger.records(middle)), None)
            if record is not None and record.at.date() < day:
                low = middle + 1
            else:
                high = middle
        return low


class Records:
    """The current day's entries of audit trail and ledger. `wall` returns the time."""

    def __init__(self, settings: Settings, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._trail = Trail(settings.state_dir / "audit.jsonl")
        self._checks = TodaysChecks(ledger_path(settings))

    def read(self) -> None:
        """Read new entries of both files. Blocks."""
        day = self._wall().date()
        self._trail.read(day)
        self._checks.read(day)

    @property
    def receptions(self) -> Mapping[str, AuditedReception]:
        return self._trail.receptions

    @property
    def checks(self) -> Mapping[str, History]:
        """Checks by reception id."""
        return self._checks.by_reception

    @property
    def readable(self) -> bool:
        """Whether the ledger could be read."""
        return self._checks.readable
