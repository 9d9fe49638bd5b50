"""Today's receptions from the audit trail and checks from the ledger, read incrementally."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.lifecycle import History, LifeCycleError, advanced
from consent.records import Opened
from consent.store import LedgerError
from terminal.assembly import ledger_path

MOST_OF_A_DAY = 32_000_000
"""Bytes of the trail's end that are looked through for today's receptions."""
_FIRST_SCREEN = ("Idle", "CardShown")


@dataclass(slots=True)
class Trailed:
    """One reception, from the audit trail."""

    reception: str
    number: int
    at: str
    """ISO 8601 with zone: when the card was put down."""
    after: str = ""
    """The last state but the first screen."""
    detail: str = ""
    """Its code: a problem's, an outcome's."""
    left: str = ""
    """How it ended, where it ended before its check was open."""
    ended: bool = False


class Trail:
    """Reads a trail on. A new month's file is begun from its start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._day: date | None = None
        self._file_id, self._position, self._rest = 0, 0, b""
        self.receptions: dict[str, Trailed] = {}

    def read(self, day: date) -> None:
        """Read what was written since. A file that cannot be read changes nothing."""
        if day != self._day:
            self._day, self.receptions = day, {}
        try:
            with self._path.open("rb") as file:
                file.seek(0, 2)
                end, file_id = file.tell(), self._path.stat().st_ino
                if file_id != self._file_id or end < self._position:
                    self._file_id, self._rest = file_id, b""
                    self._position = max(end - MOST_OF_A_DAY, 0)
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
            return  # cut off by a crash
        if not name:
            return
        one = self.receptions.setdefault(name, Trailed(name, number, at))
        # straight on to the next card: its first state stands in the record that ends this one
        one.ended = after in _FIRST_SCREEN or (after == "Reading" and before not in _FIRST_SCREEN)
        if one.ended:
            one.left = detail
        elif after != one.after or detail:
            one.after, one.detail = after, detail


class TodaysChecks:
    """Reads the ledger on: the checks that were opened today, by reception."""

    def __init__(self, path: Path) -> None:
        self._ledger = LedgerFile(path)
        self._day: date | None = None
        self._next = 0
        self._by_check: dict[str, History] = {}
        self.readable = True
        """False if the ledger could not tell."""

    @property
    def by_reception(self) -> dict[str, History]:
        return {history.opened.event.reception_id: history for history in self._by_check.values()}

    def read(self, day: date) -> None:
        """Blocks for the disk."""
        try:
            if day != self._day:
                self._day, self._by_check, self._next = day, {}, self._first_of(day)
            for record in self._ledger.records(self._next):
                self._next = record.sequence + 1
                known = self._by_check.get(record.event.check_id)
                if known is not None or isinstance(record.event, Opened):
                    self._by_check[record.event.check_id] = advanced(known, record)
        except (LedgerError, LifeCycleError):
            self.readable = not self._ledger.path.exists()
            return
        self.readable = True

    def _first_of(self, day: date) -> int:
        """Sequence of the day's first record, found by halving."""
        low, high = 1, self._ledger.head().count + 1
        while low < high:
            middle = (low + high) // 2
            found = next(iter(self._ledger.records(middle)), None)
            if found is not None and found.at.date() < day:
                low = middle + 1
            else:
                high = middle
        return low


class Records:
    """Both together, for the day that `wall` says."""

    def __init__(self, settings: Settings, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._trail = Trail(settings.state_dir / "audit.jsonl")
        self._checks = TodaysChecks(ledger_path(settings))

    def read(self) -> None:
        """Read what was written since. Blocks for the disk."""
        day = self._wall().date()
        self._trail.read(day)
        self._checks.read(day)

    @property
    def trailed(self) -> Mapping[str, Trailed]:
        return self._trail.receptions

    @property
    def checks(self) -> Mapping[str, History]:
        """By reception."""
        return self._checks.by_reception

    @property
    def readable(self) -> bool:
        """False if the ledger could not tell."""
        return self._checks.readable
