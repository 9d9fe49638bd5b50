"""The folder service (`uketsuke exchange`), which reads requests from `req` and writes answers to `res`.

Answers are fictitious and marked as such. File content and people's names are never logged.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from config.japan import JAPAN
from terminal.handover.folder import NotDelivered, ResultFolder, TargetExists
from terminal.handover.messages.kinds import FACE_PREFIX
from terminal.handover.reading import FileTooLarge, read_file
from terminal.handover.xml import MAX_SIZE, Encoding
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import QualificationChecks
from terminal.simulated.exchange.consents import store_consents
from terminal.simulated.exchange.insured import InsuredPeople
from terminal.simulated.exchange.intake import (
    DONE_FOLDER,
    Intake,
    RequestFile,
    Stamp,
    file_stamp,
    move_into,
    remove,
)
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.exchange.requests import AnswerFile, Handled, Rejected, Silent, handle, reject
from terminal.simulated.exchange.store import ExchangeStore

log = logging.getLogger(__name__)

PRUNE_SECONDS: Final = 3600.0
"""Interval between deletions of expired entries."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders for requests, answers and card reader results."""

    req: Path
    res: Path
    face: Path

    @classmethod
    def below(cls, root: Path, *, create: bool = True) -> Self:
        """Return the folders `req`, `res` and `face` in `root`, ignoring case. `create`: create missing folders."""
        present = {path.name.lower(): path for path in root.iterdir()} if root.is_dir() else {}
        folders = cls(*(present.get(name, root / name) for name in ("req", "res", "face")))
        if create:
            for folder in (folders.req, folders.res, folders.face):
                folder.mkdir(parents=True, exist_ok=True, mode=0o770)
        return folders


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """Settings of the exchange."""

    institution_code: str | None = None
    """Ten digits; None to answer any institution."""
    encoding: Encoding | None = None
    """Encoding of answers; None for that of the request."""
    keep_requests: bool = False
    """Move answered requests to `req/done` instead of deleting them."""
    answer_delay: float = 0.0
    """Delay of answers in seconds. The real service takes 3 to 7."""
    in_place: bool = False
    """Write answers directly under their final names, for programs that watch a file for changes."""
    zip_bulk: bool = False
    """Return results of bulk jobs as ZIP files that contain the XML. Public programs accept both."""
    bulk_duration: timedelta = timedelta(seconds=10)
    """Duration of a bulk job."""
    settle_seconds: float = 0.3
    """How many seconds a file must stay unchanged before it is read."""
    incomplete_seconds: float = 3.0
    """Seconds without a change after which an incomplete file is refused."""
    poll_seconds: float = 0.5
    """Interval between scans in seconds."""


@dataclass(slots=True)
class Scan:
    """Counts from one scan of the folders."""

    answered: int = 0
    rejected: int = 0
    waiting: int = 0
    """Incomplete requests, and requests with answers that are not due."""
    hostile: int = 0
    ignored: int = 0
    """Files with names that are not request names."""
    undelivered: int = 0
    """Failures to read or remove a request or to write an answer, which are retried."""
    consents: int = 0
    """New card reader results whose consents were stored."""


@dataclass(slots=True)
class _Pending:
    """A complete answer and the time at which it is due."""

    stamp: Stamp
    handled: Handled
    due: float


@dataclass(slots=True)
class _Memory:
    pending: dict[str, _Pending] = field(default_factory=dict)
    """Answers by request name."""
    finished: dict[str, Stamp] = field(default_factory=dict)
    """Answered requests that could not be removed because the folder is read-only."""
    results: dict[str, Stamp] = field(default_factory=dict)
    """Stamps of the result files that were read, by name."""
    hostile: int = 0
    ignored: int = 0
    face_missing: bool = False
    pruned_at: float | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


class ExchangeService:
    """Serves a set of folders in a single thread. `clock` returns aware times, `monotonic` returns seconds."""

    def __init__(
        self,
        folders: Folders,
        insured: InsuredPeople,
        checks: QualificationChecks,
        store: ExchangeStore,
        *,
        rules: ExchangeRules | None = None,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folders = folders
        self.rules = rules or ExchangeRules()
        self._insured, self._checks, self._store = insured, checks, store
        self._clock, self._monotonic = clock, monotonic
        self._intake = Intake(folders.req, self.rules.settle_seconds)
        self._answers = ResultFolder(folders.res, owner="exchange", in_place=self.rules.in_place)
        self._answers.clean()
        self._memory = _Memory()

    def run(self, stop: threading.Event) -> None:
        """Scan until `stop` is set. Failed scans are logged and retried."""
        failing = False
        while not stop.is_set():
            try:
                self.scan_once()
                failing = False
            except Exception as error:
                # log only the type: messages contain paths, which may contain names of people
                if not failing:
                    log.error("cannot scan the folders: %s; retrying", type(error).__name__)
                failing = True
            stop.wait(self.rules.poll_seconds)

    def scan_once(self) -> Scan:
        """Scan the folders once. Raises `OSError` if a folder cannot be read."""
        scan, now = Scan(), self._monotonic()
        self._prune(now)
        self._read_results(scan)
        files = self._intake.scan(now)
        scan.waiting, scan.hostile, scan.ignored = files.waiting, files.hostile, files.ignored
        if files.hostile > self._memory.hostile:
            log.warning("%d files in the request folder refused because of their name or type", files.hostile)
        if files.ignored > self._memory.ignored:
            log.warning(
                "%d files in the request folder ignored: request names look like OQSsiquc01req_1.xml", files.ignored
            )
        self._memory.hostile, self._memory.ignored = files.hostile, files.ignored
        present = {request.name.text for request in files.complete}
        for entries in (self._memory.pending, self._memory.finished):
            for name in [name for name in entries if name not in present]:
                del entries[name]
        for request in files.complete:
            self._serve(request, scan, now)
        return scan

    # --- consents ---------------------------------------------------------------------------------------------

    def _read_results(self, scan: Scan) -> None:
        """Store the consents in new result files. The receipt computer deletes the files."""
        today = self._clock().astimezone(JAPAN).date()
        names = self._face_names()
        for name in names:
            path = self.folders.face / name
            stamp = file_stamp(path)
            # read each version once: an unreadable file may be incomplete and change later
            if stamp is None or self._memory.results.get(name) == stamp:
                continue
            self._memory.results[name] = stamp
            key = "face:" + sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
            if self._store.processed_digest(key) is not None:
                continue
            try:
                data = read_file(path, MAX_SIZE)
            except (FileTooLarge, OSError):
                continue
            if data is not None and store_consents(data, self._insured, self._store, today):
                self._store.mark_processed(key, "", self._clock())
                scan.consents += 1
        for removed in self._memory.results.keys() - set(names):
            del self._memory.results[removed]

    def _face_names(self) -> list[str]:
        """Return the names of result files. Logs an error once if the folder cannot be read."""
        try:
            with os.scandir(self.folders.face) as entries:
                names = sorted(
                    entry.name
                    for entry in entries
                    if entry.name.startswith(FACE_PREFIX) and entry.name.endswith(".xml")
                )
        except OSError as error:
            if not self._memory.face_missing:
                log.error("cannot read the folder of card reader results: %s", type(error).__name__)
            self._memory.face_missing = True
            return []
        self._memory.face_missing = False
        return names

    # --- requests ---------------------------------------------------------------------------------------------

    def _serve(self, request: RequestFile, scan: Scan, now: float) -> None:
        name = request.name.text
        if self._memory.finished.get(name) == request.stamp:
            self._remove(request, scan)
            return
        pending = self._memory.pending.get(name)
        if pending is None or pending.stamp != request.stamp:
            pending = self._prepare(request, scan, now)
            if pending is None:
                return
            self._memory.pending[name] = pending
        if now < pending.due:
            scan.waiting += 1
            return
        if self._deliver(request, pending.handled, scan):
            del self._memory.pending[name]
            self._remove(request, scan)

    def _prepare(self, request: RequestFile, scan: Scan, now: float) -> _Pending | None:
        """Return the answer, or None if the request must wait or was answered before."""
        largest = request.name.kind.max_size if request.name.kind else MAX_SIZE
        try:
            data = read_file(request.path, largest)
        except FileTooLarge:
            return _Pending(request.stamp, reject(request.name, ExchangeProblem.MALFORMED, self._context(False)), now)
        except OSError:
            # another program may have locked the file
            scan.undelivered += 1
            return None
        if data is None:
            return None
        if self._answered_before(request, data):
            self._remove(request, scan)
            return None
        handled = handle(request.name, data, self._context, self.rules.bulk_duration)
        may_be_incomplete = isinstance(handled, Rejected) and handled.half_written
        if may_be_incomplete and request.unchanged_for < self.rules.incomplete_seconds:
            scan.waiting += 1
            return None
        delay = max(handled.delay, self.rules.answer_delay) if isinstance(handled, AnswerFile) else 0.0
        self._store.mark_processed(request.name.text, sha256(data).hexdigest(), self._clock())
        return _Pending(request.stamp, handled, now + delay)

    def _answered_before(self, request: RequestFile, data: bytes) -> bool:
        """Return whether this request was answered before a restart but not removed."""
        if self._store.processed_digest(request.name.text) != sha256(data).hexdigest():
            return False
        return any(
            (self.folders.res / answer).exists()
            for answer in (request.name.answer, request.name.zip_answer, request.name.error)
        )

    def _context(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
        return AnswerContext(
            insured=self._insured,
            checks=self._checks,
            store=self._store,
            now=self._clock().astimezone(JAPAN),
            encoding=self.rules.encoding or encoding,
            institution_code=self.rules.institution_code,
            fail=fail,
            zip_bulk=self.rules.zip_bulk,
        )

    def _deliver(self, request: RequestFile, handled: Handled, scan: Scan) -> bool:
        """Deliver the answer. Returns whether the request is finished."""
        if isinstance(handled, Silent):
            log.info("%s: accepted; the identifier suppresses the answer", request.name.log_text)
            return True
        delivery = self._answers.deliver(handled.name, handled.data)
        if isinstance(delivery, TargetExists) and isinstance(handled, AnswerFile):
            handled = reject(request.name, ExchangeProblem.NAME_USED, self._context(False))
            delivery = self._answers.deliver(handled.name, handled.data)
        if isinstance(delivery, NotDelivered):
            log.error("%s: cannot write the answer: %s; retrying", request.name.log_text, delivery.reason)
            scan.undelivered += 1
            return False
        if isinstance(handled, Rejected):
            log.info("%s: refused, %s", request.name.log_text, handled.problem.code)
            scan.rejected += 1
        else:
            # otherwise a client that looks for `.err` first finds the error from an earlier attempt
            with contextlib.suppress(OSError):
                remove(self.folders.res / request.name.error)
            log.info("%s: answered", request.name.log_text)
            scan.answered += 1
        return True

    def _remove(self, request: RequestFile, scan: Scan) -> None:
        """Remove an answered request, unless its file was replaced with a new request."""
        try:
            if file_stamp(request.path) not in (None, request.stamp):
                return
            if self.rules.keep_requests:
                move_into(request.path, self.folders.req / DONE_FOLDER)
            else:
                remove(request.path)
        except OSError as error:
            if request.name.text not in self._memory.finished:
                log.error("%s: cannot remove the request: %s", request.name.log_text, type(error).__name__)
            self._memory.finished[request.name.text] = request.stamp
            scan.undelivered += 1

    def _prune(self, now: float) -> None:
        if self._memory.pruned_at is None or now - self._memory.pruned_at >= PRUNE_SECONDS:
            self._store.delete_expired(self._clock())
            self._memory.pruned_at = now
