"""`uketsuke exchange`: reads requests from `req` and writes answers to `res`, like the real service.

Answers are invented and marked as such. No personal data is logged, neither names nor file content.
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
from terminal.handover.folder import AlreadyThere, NotDelivered, ResultFolder
from terminal.handover.messages.kinds import FACE_PREFIX
from terminal.handover.reading import TooLarge, read_file
from terminal.handover.xml import MAX_SIZE, Encoding
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.checks import QualificationChecks
from terminal.simulated.exchange.consents import note_consents
from terminal.simulated.exchange.insured import InsuredPeople
from terminal.simulated.exchange.intake import (
    DONE_FOLDER,
    Arrived,
    Intake,
    Stamp,
    put_away,
    remove,
    stamp_of,
)
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.exchange.requests import AnswerFile, Handled, Rejected, Silent, handle, reject
from terminal.simulated.exchange.store import ExchangeStore

log = logging.getLogger(__name__)

FORGET_EVERY: Final = 3600.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Folders:
    req: Path
    res: Path
    face: Path

    @classmethod
    def below(cls, root: Path, *, create: bool = True) -> Self:
        """Return `req`, `res` and `face` under `root`, whatever their case, creating missing ones."""
        present = {path.name.lower(): path for path in root.iterdir()} if root.is_dir() else {}
        folders = cls(*(present.get(name, root / name) for name in ("req", "res", "face")))
        if create:
            for folder in (folders.req, folders.res, folders.face):
                folder.mkdir(parents=True, exist_ok=True, mode=0o770)
        return folders


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    institution_code: str | None = None
    """Ten digits; None answers any institution."""
    encoding: Encoding | None = None
    """Encoding of answers; None: the request's."""
    keep_requests: bool = False
    """Move answered requests to `req/done` instead of deleting them."""
    answer_after: float = 0.0
    """Delay of answers in seconds; the real service takes 3 to 7."""
    in_place: bool = False
    """Write answers directly under their final names, for readers that wait for changes to a file."""
    zip_bulk: bool = False
    """Return results of bulk jobs as ZIP files containing the XML; public programs accept either."""
    bulk_lasts: timedelta = timedelta(seconds=10)
    """How long a bulk check stays in progress."""
    settled_after: float = 0.3
    """Seconds without a change before a file is read."""
    half_written_for: float = 3.0
    """Seconds without a change after which an incomplete file is refused."""
    poll_every: float = 0.5
    """Seconds."""


@dataclass(slots=True)
class Scan:
    """Results of one scan of the folders. Counts only."""

    answered: int = 0
    rejected: int = 0
    waiting: int = 0
    """Still being written, or held back."""
    hostile: int = 0
    ignored: int = 0
    """Files whose names are not request names."""
    undelivered: int = 0
    """Answers that could not be written and requests that could not be read or removed; they are tried again."""
    consents: int = 0
    """New card reader results whose consents were stored."""


@dataclass(slots=True)
class _Pending:
    """An answer that is ready but not yet due."""

    stamp: Stamp
    handled: Handled
    due: float


@dataclass(slots=True)
class _Memory:
    pending: dict[str, _Pending] = field(default_factory=dict)
    """By request name."""
    finished: dict[str, Stamp] = field(default_factory=dict)
    """Answered requests that could not be removed because the folder is read-only."""
    results: dict[str, Stamp] = field(default_factory=dict)
    """Card reader files seen so far, by name."""
    hostile: int = 0
    ignored: int = 0
    face_missing: bool = False
    pruned_at: float | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


class ExchangeService:
    """One per folder, for one thread. `clock` returns aware times, `monotonic` seconds."""

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
        self._intake = Intake(folders.req, self.rules.settled_after)
        self._answers = ResultFolder(folders.res, owner="exchange", in_place=self.rules.in_place)
        self._answers.clean()
        self._memory = _Memory()

    def run(self, stop: threading.Event) -> None:
        """Scan until `stop` is set. A failed scan is logged and repeated."""
        failing = False
        while not stop.is_set():
            try:
                self.scan_once()
                failing = False
            except Exception as error:
                # log the type only: messages contain paths, and paths contain names
                if not failing:
                    log.error("the folders cannot be scanned: %s; trying again", type(error).__name__)
                failing = True
            stop.wait(self.rules.poll_every)

    def scan_once(self) -> Scan:
        """Scan the folders once. Raises `OSError` if a folder cannot be read."""
        scan, now = Scan(), self._monotonic()
        self._forget(now)
        self._note_results(scan)
        look = self._intake.look(now)
        scan.waiting, scan.hostile, scan.ignored = look.waiting, look.hostile, look.ignored
        if look.hostile > self._memory.hostile:
            log.warning("%d files in the request folder are refused for their name or kind", look.hostile)
        if look.ignored > self._memory.ignored:
            log.warning(
                "%d files in the request folder are ignored: request names look like OQSsiquc01req_1.xml", look.ignored
            )
        self._memory.hostile, self._memory.ignored = look.hostile, look.ignored
        present = {arrived.name.text for arrived in look.arrived}
        for kept in (self._memory.pending, self._memory.finished):
            for name in [name for name in kept if name not in present]:
                del kept[name]
        for arrived in look.arrived:
            self._serve(arrived, scan, now)
        return scan

    # --- consents ---------------------------------------------------------------------------------------------

    def _note_results(self, scan: Scan) -> None:
        """Read consents, without touching the files, which belong to the receipt computer."""
        today = self._clock().astimezone(JAPAN).date()
        names = self._face_names()
        for name in names:
            path = self.folders.face / name
            stamp = stamp_of(path)
            # read each version once: an unreadable file may still be incomplete
            if stamp is None or self._memory.results.get(name) == stamp:
                continue
            self._memory.results[name] = stamp
            key = "face:" + sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
            if self._store.seen(key) is not None:
                continue
            try:
                data = read_file(path, MAX_SIZE)
            except (TooLarge, OSError):
                continue
            if data is not None and note_consents(data, self._insured, self._store, today):
                self._store.saw(key, "", self._clock())
                scan.consents += 1
        for gone in self._memory.results.keys() - set(names):
            del self._memory.results[gone]

    def _face_names(self) -> list[str]:
        """Return the result file names; none if the folder is missing, which disables only the reading of consents."""
        try:
            with os.scandir(self.folders.face) as entries:
                names = sorted(
                    entry.name
                    for entry in entries
                    if entry.name.startswith(FACE_PREFIX) and entry.name.endswith(".xml")
                )
        except OSError as error:
            if not self._memory.face_missing:
                log.error("the folder of card reader results cannot be read: %s", type(error).__name__)
            self._memory.face_missing = True
            return []
        self._memory.face_missing = False
        return names

    # --- requests ---------------------------------------------------------------------------------------------

    def _serve(self, arrived: Arrived, scan: Scan, now: float) -> None:
        name = arrived.name.text
        if self._memory.finished.get(name) == arrived.stamp:
            self._remove(arrived, scan)
            return
        pending = self._memory.pending.get(name)
        if pending is None or pending.stamp != arrived.stamp:
            pending = self._ready(arrived, scan, now)
            if pending is None:
                return
            self._memory.pending[name] = pending
        if now < pending.due:
            scan.waiting += 1
            return
        if self._deliver(arrived, pending.handled, scan):
            del self._memory.pending[name]
            self._remove(arrived, scan)

    def _ready(self, arrived: Arrived, scan: Scan, now: float) -> _Pending | None:
        """Return the answer, or None if the request has to wait or was already answered."""
        largest = arrived.name.kind.largest if arrived.name.kind else MAX_SIZE
        try:
            data = read_file(arrived.path, largest)
        except TooLarge:
            return _Pending(arrived.stamp, reject(arrived.name, ExchangeProblem.MALFORMED, self._desk(False)), now)
        except OSError:
            # perhaps its writer has it locked
            scan.undelivered += 1
            return None
        if data is None:
            return None
        if self._answered_before(arrived, data):
            self._remove(arrived, scan)
            return None
        handled = handle(arrived.name, data, self._desk, self.rules.bulk_lasts)
        perhaps_half = isinstance(handled, Rejected) and handled.half_written
        if perhaps_half and arrived.unchanged_for < self.rules.half_written_for:
            scan.waiting += 1
            return None
        delay = max(handled.delay, self.rules.answer_after) if isinstance(handled, AnswerFile) else 0.0
        self._store.saw(arrived.name.text, sha256(data).hexdigest(), self._clock())
        return _Pending(arrived.stamp, handled, now + delay)

    def _answered_before(self, arrived: Arrived, data: bytes) -> bool:
        """Return whether this file was answered before a restart that left the request in place."""
        if self._store.seen(arrived.name.text) != sha256(data).hexdigest():
            return False
        return any(
            (self.folders.res / answer).exists()
            for answer in (arrived.name.answer, arrived.name.zipped, arrived.name.error)
        )

    def _desk(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
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

    def _deliver(self, arrived: Arrived, handled: Handled, scan: Scan) -> bool:
        """Deliver the answer; return whether the request is finished."""
        if isinstance(handled, Silent):
            log.info("%s: accepted and not answered, as requested", arrived.name.shown)
            return True
        delivery = self._answers.deliver(handled.name, handled.data)
        if isinstance(delivery, AlreadyThere) and isinstance(handled, AnswerFile):
            handled = reject(arrived.name, ExchangeProblem.NAME_USED, self._desk(False))
            delivery = self._answers.deliver(handled.name, handled.data)
        if isinstance(delivery, NotDelivered):
            log.error("%s: answer not written: %s; trying again", arrived.name.shown, delivery.reason)
            scan.undelivered += 1
            return False
        if isinstance(handled, Rejected):
            log.info("%s: refused, %s", arrived.name.shown, handled.trouble.code)
            scan.rejected += 1
        else:
            # a client that looks for `.err` first would find the error of an earlier try
            with contextlib.suppress(OSError):
                remove(self.folders.res / arrived.name.error)
            log.info("%s: answered", arrived.name.shown)
            scan.answered += 1
        return True

    def _remove(self, arrived: Arrived, scan: Scan) -> None:
        """Remove an answered request, unless it was rewritten meanwhile and is a new request."""
        try:
            if stamp_of(arrived.path) not in (None, arrived.stamp):
                return
            if self.rules.keep_requests:
                put_away(arrived.path, self.folders.req / DONE_FOLDER)
            else:
                remove(arrived.path)
        except OSError as error:
            if arrived.name.text not in self._memory.finished:
                log.error("%s: cannot be removed: %s", arrived.name.shown, type(error).__name__)
            self._memory.finished[arrived.name.text] = arrived.stamp
            scan.undelivered += 1

    def _forget(self, now: float) -> None:
        if self._memory.pruned_at is None or now - self._memory.pruned_at >= FORGET_EVERY:
            self._store.forget(self._clock())
            self._memory.pruned_at = now
