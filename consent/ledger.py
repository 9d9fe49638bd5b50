"""Ledger: one hash chain per terminal that proves what was asked, answered, submitted and delivered.

`Ledger` is the single writer; its methods return when the record is on disk. `LedgerFile` reads the same file from any
process.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar, cast

from consent import store
from consent.hash_chain import genesis_hash, record_body, record_hash
from consent.items import Item
from consent.lifecycle import History, LifeCycleError, has_history, histories, refusal, with_record
from consent.records import (
    Decided,
    Delivered,
    Discarded,
    Event,
    Expired,
    HandingOver,
    HandOverDecided,
    LedgerHead,
    Lost,
    Opened,
    Record,
    RecordBody,
    Restored,
    ResultMismatch,
    SubmissionConfirmed,
    TimeCorrected,
    WithdrawalSettled,
    Withdrawn,
    record_from,
)
from consent.store import LedgerError, LedgerStore
from consent.verification import LedgerBroken, LedgerIntact, verify_file

E = TypeVar("E", bound=RecordBody)


class LedgerFile:
    """Read access to the committed records of a ledger file, without a lock.

    Methods raise LedgerError if the file does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self, start: int = 1) -> Iterator[Record[Event]]:
        """Yield records from `start` on, from a snapshot. Raises LedgerError for an invalid record."""
        with store.reading(self.path) as connection:
            for sequence, body, stored_hash in store.rows(connection, start):
                yield _decode(self.path, sequence, body, stored_hash)

    def history(self, check_id: str) -> History | None:
        with store.reading(self.path) as connection:
            return _history(self.path, store.rows_for_check(connection, check_id))

    def unfinished(self) -> tuple[History, ...]:
        """Return unfinished checks, oldest first."""
        with store.reading(self.path) as connection:
            rows = store.unfinished(connection)
        # the query does not exclude checks closed by staff
        return tuple(history for history in _histories(self.path, rows).values() if not history.ended)

    def head(self) -> LedgerHead:
        with store.reading(self.path) as connection:
            last = store.last(connection)
            terminal_id = store.terminal_id_in(connection, self.path)
        return LedgerHead(last[0], last[2]) if last else LedgerHead(0, genesis_hash(terminal_id))

    def verify(
        self, *, expected_head: LedgerHead | None = None, receipts: Iterable[LedgerHead] = ()
    ) -> LedgerIntact | LedgerBroken:
        """See `consent.verification.verify_file`."""
        return verify_file(self.path, expected_head=expected_head, receipts=receipts)


class Ledger(LedgerFile):
    """Write access to a ledger. Methods block for one fsync and are thread-safe.

    They raise LifeCycleError if the check's stage does not permit the record, and LedgerUnwritable if it cannot be
    written. The record is then not added, and the ledger remains usable.
    """

    def __init__(self, file: LedgerStore, terminal_id: str, clock: Callable[[], datetime]) -> None:
        super().__init__(file.path)
        self._store = file
        self._clock = clock
        self._mutex = threading.Lock()
        self._head = self._known_head(terminal_id)
        self._unfinished = {history.check_id: history for history in LedgerFile.unfinished(self)}

    @classmethod
    def open(cls, path: Path, terminal_id: str, *, clock: Callable[[], datetime]) -> Self:
        """Open or create the ledger. `clock` returns timezone-aware times.

        Raises LedgerInUse if another process has it open for writing, and LedgerError if it is a different terminal's
        ledger or its last record is damaged.
        """
        file = LedgerStore(path, terminal_id)
        try:
            return cls(file, terminal_id, clock)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._store.close()

    # --- one method per kind of record ---

    def opened(self, event: Opened) -> Record[Opened]:
        return self._append(event)

    def decided(self, event: Decided) -> Record[Decided]:
        """Record the decision before submitting it.

        Submit this record's `sequence` and `hash` as ledger count and head in every attempt, even if the ledger has
        grown: a different body with the same idempotency key is a conflict.
        """
        return self._append(event)

    def confirmed(self, event: SubmissionConfirmed) -> Record[SubmissionConfirmed]:
        """Record the service's receipt. Raises LifeCycleError if its head is not in this ledger."""
        return self._append(event)

    def time_corrected(self, event: TimeCorrected) -> Record[TimeCorrected]:
        """Record corrected times. Submissions then use this record's `sequence` and `hash` (`History.decision`)."""
        return self._append(event)

    def handing_over(self, event: HandingOver) -> Record[HandingOver]:
        """Record a handover before moving the file into the folder."""
        return self._append(event)

    def delivered(self, check_id: str, file_name: str, sha256: str | None = None) -> Record[Delivered]:
        return self._append(Delivered(check_id=check_id, file_name=file_name, sha256=sha256))

    def hand_over_decided(self, check_id: str, *, again: bool) -> Record[HandOverDecided]:
        """Record the staff's decision on a result that was not handed over."""
        return self._append(HandOverDecided(check_id=check_id, decision="again" if again else "closed"))

    def result_mismatch(self, check_id: str, reason: str) -> Record[ResultMismatch]:
        """Record that the service's result does not match the decision. `reason` is a code."""
        return self._append(ResultMismatch(check_id=check_id, reason=reason))

    def expired(self, check_id: str) -> Record[Expired]:
        return self._append(Expired(check_id=check_id))

    def withdrawn(self, check_id: str, items: Iterable[Item]) -> Record[Withdrawn]:
        return self._append(Withdrawn(check_id=check_id, items=tuple(items)))

    def withdrawal_settled(self, event: WithdrawalSettled) -> Record[WithdrawalSettled]:
        """Record that a withdrawal is settled. `event` must have the items of its `withdrawn` record."""
        return self._append(event)

    def discarded(self, check_id: str, reason: str) -> Record[Discarded]:
        """Record that the check ends without a decision or submission. `reason` is a code, such as "by-staff"."""
        return self._append(Discarded(check_id=check_id, reason=reason))

    def restored(self, event: Restored) -> Record[Restored]:
        """Record that a backup was restored, as the first record after the backup."""
        return self._append(event)

    def lost(self, event: Lost) -> Record[Lost]:
        """Record a decision that the service has but the backup does not."""
        return self._append(event)

    # --- reading, from memory if possible ---

    def head(self) -> LedgerHead:
        return self._head

    def unfinished(self) -> tuple[History, ...]:
        with self._mutex:
            return tuple(self._unfinished.values())

    def history(self, check_id: str) -> History | None:
        with self._mutex:
            return self._history(check_id)

    def _history(self, check_id: str) -> History | None:
        cached = self._unfinished.get(check_id)
        return cached or _history(self.path, self._store.rows_for_check(check_id))

    def _append(self, event: E) -> Record[E]:
        with self._mutex:
            untyped = cast(Event, event)
            check_id = untyped.check_id
            history = self._history(check_id)
            reason = refusal(history, untyped) or self._receipt_mismatch(event)
            if reason:
                raise LifeCycleError(f"check {check_id} cannot be {untyped.kind}: {reason}")
            sequence, previous, now = self._head.count + 1, self._head.hash, self._clock()
            if now.tzinfo is None:
                raise ValueError("the ledger's clock must return timezone-aware times")
            body = record_body(sequence, now, previous, event)
            new_hash = record_hash(previous, body)
            self._store.append((sequence, body, new_hash))
            record = Record(sequence, now, previous, new_hash, event)
            self._head = LedgerHead(sequence, new_hash)
            if has_history(history, untyped):
                self._remember(with_record(history, cast(Record[Event], record)))
            return record

    def _remember(self, history: History) -> None:
        if history.ended:
            self._unfinished.pop(history.check_id, None)
        else:
            self._unfinished[history.check_id] = history

    def _receipt_mismatch(self, event: RecordBody) -> str | None:
        if not isinstance(event, SubmissionConfirmed):
            return None
        row = self._store.at(event.ledger_count)
        return None if row and row[2] == event.ledger_hash else "the receipt's head was never in this ledger"

    def _known_head(self, terminal_id: str) -> LedgerHead:
        last = self._store.last()
        if last is None:
            return LedgerHead(0, genesis_hash(terminal_id))
        sequence, body, stored_hash = last
        predecessor = self._store.at(sequence - 1)
        previous = predecessor[2] if predecessor else genesis_hash(terminal_id)
        if (predecessor is None and sequence != 1) or record_hash(previous, body) != stored_hash:
            raise LedgerError(
                f"{self.path}: record {sequence} is damaged and no records can be added. Run "
                "`uketsuke ledger verify`, then move the file elsewhere for the audit to start a new ledger."
            )
        return LedgerHead(sequence, stored_hash)


def _history(path: Path, rows: list[store.Row]) -> History | None:
    return next(iter(_histories(path, rows).values()), None)


def _histories(path: Path, rows: list[store.Row]) -> dict[str, History]:
    try:
        return histories(_decode(path, *row) for row in rows)
    except LifeCycleError as error:
        raise LedgerError(f"{path}: a record is missing: {error}. Run `uketsuke ledger verify`.") from error


def _decode(path: Path, sequence: int, body: str, stored_hash: str) -> Record[Event]:
    try:
        return record_from(body, stored_hash)
    except ValueError as error:
        raise LedgerError(f"{path}: record {sequence} is invalid. Run `uketsuke ledger verify`.") from error
