"""The audit trail: exactly one line for every transition, derived from (state before, event, state after).

Derived in one place, so that no branch can forget it. Names of states and events and a few chosen codes only: no
personal data, no certificate, no distance.
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
    StaffSaysSame,
)
from terminal.session.rules import Now
from terminal.session.states import ChoosingMethod, Complete, Idle, Opening, PinEntry, Problem, State, Submitting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    at: str
    """ISO 8601 with zone."""
    reception: str
    """Empty if no reception is concerned."""
    before: str
    event: str
    after: str
    detail: str = ""
    number: int = 0
    """The reception's number of the day; 0 where no reception is concerned."""


def audit(before: State, event: Event, after: State, now: Now) -> AuditRecord | None:
    """The record of one transition; None if nothing changed."""
    if before == after:
        return None
    concerned = after if isinstance(before, Idle) else before
    return AuditRecord(
        at=now.wall.isoformat(timespec="milliseconds"),
        reception="" if isinstance(concerned, Idle) else concerned.reception.id,
        number=0 if isinstance(concerned, Idle) else concerned.reception.number,
        before=type(before).__name__,
        event=type(event).__name__,
        after=type(after).__name__,
        detail=_detail(event, after),
    )


def _detail(event: Event, after: State) -> str:
    match event:
        case QuestionAnswered(question_id=question_id, granted=granted):
            return f"{question_id}={int(granted)}"
        case FaceRefused(why=why):
            return why
        case StaffSaysSame():
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


_LONGEST_LINE = 4096


def _month_of(path: Path) -> str:
    """`YYYY-MM` of the trail's first line; empty for none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return datetime.fromisoformat(json.loads(file.readline(_LONGEST_LINE))["at"]).strftime("%Y-%m")
    except (OSError, ValueError, TypeError, KeyError):
        return ""


TAIL_BYTES = 1_000_000
"""So much of the trail's end is read: more than a day's."""


LARGEST = 16_000_000
"""Bytes of a file that a clock set back goes on writing into: 8,000 receptions."""


def last_lines(path: Path) -> list[str]:
    """The last lines of a trail, oldest first. Raises OSError."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - TAIL_BYTES, 0))
        return file.read().decode("utf-8", errors="replace").splitlines()


def months_before(trail: Path, today: date, years: int) -> list[Path]:
    """Files of months that are not kept any longer."""
    oldest = f"{today.year - years:04}-{today.month:02}"
    return [path for month, path in _kept_months(trail) if month < oldest]


def _kept_months(trail: Path) -> list[tuple[str, Path]]:
    """`YYYY-MM` and file of each month that is over, oldest first."""
    found = sorted(trail.parent.glob(f"{trail.stem}-????-??*{trail.suffix}"))
    return [(path.stem.removeprefix(f"{trail.stem}-")[:7], path) for path in found]


class AuditTrail:
    """Appends records to a JSON-lines file, mode 0600. Thread-safe.

    With a new month the previous month's file becomes `audit-YYYY-MM.jsonl`, with `-2` and so on where that is taken;
    after `keep_years` that is deleted.
    A failing disk does not end a reception: the log says so, and the ledger alone decides what is submitted.
    """

    def __init__(self, path: Path, keep_years: int = 5) -> None:
        self._path, self._keep_years = path, keep_years
        private_folder(path.parent)
        self._month = _month_of(path)
        self._file = self._open()
        self._lock = threading.Lock()

    def _open(self) -> TextIO:
        return os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")

    def write(self, record: AuditRecord) -> None:
        fields = {name: getattr(record, name) for name in AuditRecord.__slots__}
        with self._lock, self._told():
            self._turn_over(record.at[:7])
            self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self._file.flush()

    def _turn_over(self, month: str) -> None:
        """Put the file aside under its month, and go on with the new one's.

        A clock that was set back writes into the file that is open, unless it comes back from a jump ahead - then that
        file was the wrong one - or the file has become large.
        """
        before = self._month
        if month == before or (month < before and not self._comes_back(month)):
            return
        self._month = month
        if not before:
            return
        self._put_aside(before)
        begun = self._path.with_name(f"{self._path.stem}-{month}{self._path.suffix}")
        if begun.exists():
            begun.rename(self._path)
        self._file.close()
        self._file = self._open()
        if month < before or int(month[:4]) > int(before[:4]) + 1:
            return  # the clock jumped: its time is not a reason to delete anything
        for old in months_before(self._path, date.fromisoformat(f"{month}-01"), self._keep_years):
            old.unlink(missing_ok=True)

    def _comes_back(self, month: str) -> bool:
        """Return whether `month` goes on where the files before the one that is open end."""
        earlier = [kept for kept, _ in _kept_months(self._path) if kept < self._month]
        return month >= earlier[-1] if earlier else os.fstat(self._file.fileno()).st_size > LARGEST

    def _put_aside(self, month: str) -> None:
        """Never over another file."""
        number = 1
        while True:
            name = f"{self._path.stem}-{month}{f'-{number}' if number > 1 else ''}{self._path.suffix}"
            if not (kept := self._path.with_name(name)).exists():
                self._path.rename(kept)
                return
            number += 1

    def last_number(self, day: date) -> int:
        """The last reception's number of that day, so that a restart goes on counting; 0 where there was none."""
        with self._told():
            for line in reversed(last_lines(self._path)):
                try:
                    record = json.loads(line)
                    if record["number"] and datetime.fromisoformat(record["at"]).date() == day:
                        return int(record["number"])
                except (ValueError, TypeError, KeyError):
                    continue  # written by an earlier version, or cut off by a crash
        return 0

    def close(self) -> None:
        with self._told():
            self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.critical("audit trail: %s", error.strerror)
