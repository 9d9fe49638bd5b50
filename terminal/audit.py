"""Audit trail with one line per state transition, derived from the event and the states before and after it.

Lines contain only names of states and events and a few codes, without personal data, certificates or face distances.
"""

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from config.files import private_folder
from terminal.session.events import (
    CheckInWithoutSharing,
    Event,
    FaceRefused,
    QuestionAnswered,
    ReaderChanged,
    StaffConfirmed,
)
from terminal.session.rules import Now
from terminal.session.states import ChoosingMethod, Complete, Idle, Opening, PinEntry, Problem, State, Submitting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    at: str
    """ISO 8601 with time zone."""
    reception: str
    """Reception id; empty outside a reception."""
    before: str
    event: str
    after: str
    detail: str = ""
    number: int = 0
    """Sequence number within the day; 0 outside a reception."""


def audit(before: State, event: Event, after: State, now: Now) -> AuditRecord | None:
    """Return the record for a transition, or None if the state did not change."""
    if before == after:
        return None
    state = after if isinstance(before, Idle) else before
    return AuditRecord(
        at=now.wall.isoformat(timespec="milliseconds"),
        reception="" if isinstance(state, Idle) else state.reception.id,
        number=0 if isinstance(state, Idle) else state.reception.number,
        before=type(before).__name__,
        event=type(event).__name__,
        after=type(after).__name__,
        detail=_detail(event, after),
    )


def _detail(event: Event, after: State) -> str:
    match event:
        case QuestionAnswered(question_id=question_id, granted=granted):
            return f"{question_id}={int(granted)}"
        case FaceRefused(reason=reason):
            return reason
        case StaffConfirmed():
            return "by eye"
    match after:
        case Problem(problem=problem):
            return problem.code
        case Opening(way=way):
            return way.value
        case ChoosingMethod(why=why) | PinEntry(why=why):
            return why.value
        case Submitting() | Complete() if isinstance(event, CheckInWithoutSharing):
            return "without-sharing"
        case Idle(left=left) if left is not None:
            return left.value
        case Idle() if isinstance(event, ReaderChanged):
            return after.reader.value
        case Complete(outcome=outcome):
            return outcome.value
        case _:
            return ""


_MAX_LINE_LENGTH = 4096


def _first_month(path: Path) -> str:
    """Return the month (`YYYY-MM`) of the trail's first line, or an empty string."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return datetime.fromisoformat(json.loads(file.readline(_MAX_LINE_LENGTH))["at"]).strftime("%Y-%m")
    except (OSError, ValueError, TypeError, KeyError):
        return ""


TAIL_BYTES = 1_000_000
"""Number of bytes read from the end of the trail. A day's records are smaller."""


MAX_FILE_SIZE = 16_000_000
"""Maximum size in bytes (about 8,000 receptions) of a file that is continued after the clock was set back."""


def last_lines(path: Path) -> list[str]:
    """Return the last lines of a trail in order. Raises OSError."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - TAIL_BYTES, 0))
        return file.read().decode("utf-8", errors="replace").splitlines()


def expired_months(trail: Path, today: date, years: int) -> list[Path]:
    """Return the monthly files older than `years`."""
    oldest = f"{today.year - years:04}-{today.month:02}"
    return [path for month, path in _monthly_files(trail) if month < oldest]


def _monthly_files(trail: Path) -> list[tuple[str, Path]]:
    """Return the month (`YYYY-MM`) and path of each past month's file, oldest first."""
    paths = sorted(trail.parent.glob(f"{trail.stem}-????-??*{trail.suffix}"))
    return [(path.stem.removeprefix(f"{trail.stem}-")[:7], path) for path in paths]


class AuditTrail:
    """JSON Lines file with mode 0600, to which records are appended. Thread-safe.

    At the start of a month, the previous month's file is renamed to `audit-YYYY-MM.jsonl` (with a suffix such as `-2`
    if the name exists) and deleted after `keep_years`. Disk errors are logged and do not interrupt receptions.
    """

    def __init__(self, path: Path, keep_years: int = 5) -> None:
        self._path, self._keep_years = path, keep_years
        private_folder(path.parent)
        self._month = _first_month(path)
        self._file = self._open()
        self._lock = threading.Lock()

    def _open(self) -> TextIO:
        return os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")

    def write(self, record: AuditRecord) -> None:
        fields = {name: getattr(record, name) for name in AuditRecord.__slots__}
        with self._lock, self._log_errors():
            self._switch_month(record.at[:7])
            self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self._file.flush()

    def _switch_month(self, month: str) -> None:
        """Rename the file after its month and open the new month's file.

        If the clock was set back, the open file is continued, unless it is too large or the clock had been fast and
        the open file is for the wrong month.
        """
        before = self._month
        if month == before or (month < before and not self._continues_previous_file(month)):
            return
        self._month = month
        if not before:
            return
        self._rename_to_month(before)
        existing = self._path.with_name(f"{self._path.stem}-{month}{self._path.suffix}")
        if existing.exists():
            existing.rename(self._path)
        self._file.close()
        self._file = self._open()
        if month < before or int(month[:4]) > int(before[:4]) + 1:
            return  # the clock jumped; do not delete anything
        for old in expired_months(self._path, date.fromisoformat(f"{month}-01"), self._keep_years):
            old.unlink(missing_ok=True)

    def _continues_previous_file(self, month: str) -> bool:
        """Return whether `month` continues the file before the open one."""
        earlier_months = [file_month for file_month, _ in _monthly_files(self._path) if file_month < self._month]
        return month >= earlier_months[-1] if earlier_months else os.fstat(self._file.fileno()).st_size > MAX_FILE_SIZE

    def _rename_to_month(self, month: str) -> None:
        """Rename the trail after its month, with a number if that file exists."""
        number = 1
        while True:
            name = f"{self._path.stem}-{month}{f'-{number}' if number > 1 else ''}{self._path.suffix}"
            if not (target := self._path.with_name(name)).exists():
                self._path.rename(target)
                return
            number += 1

    def last_number(self, day: date) -> int:
        """Return the last reception number of `day`, or 0, to continue numbering after a restart."""
        with self._log_errors():
            for line in reversed(last_lines(self._path)):
                try:
                    record = json.loads(line)
                    if record["number"] and datetime.fromisoformat(record["at"]).date() == day:
                        return int(record["number"])
                except (ValueError, TypeError, KeyError):
                    continue  # written by an earlier version, or truncated by a crash
        return 0

    def close(self) -> None:
        with self._log_errors():
            self._file.close()

    @contextmanager
    def _log_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.critical("audit trail: %s", error.strerror)
