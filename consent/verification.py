"""Verify a ledger's hash chain and report the first record that was changed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from consent import store
from consent.hash_chain import genesis_hash, record_hash
from consent.records import LedgerHead
from consent.store import LedgerError, Row


@dataclass(frozen=True, slots=True)
class LedgerIntact:
    terminal_id: str
    head: LedgerHead


@dataclass(frozen=True, slots=True)
class LedgerBroken:
    sequence: int
    """First record that was changed, deleted or moved; 0 if the file itself is damaged."""
    problem: str


def verify_file(
    path: Path, *, expected_head: LedgerHead | None = None, receipts: Iterable[LedgerHead] = ()
) -> LedgerIntact | LedgerBroken:
    """Verify a ledger without locking it, even while a terminal is writing to it.

    The chain alone does not reveal truncation or a complete rewrite. To detect these, pass `expected_head`, a head
    recorded earlier elsewhere, or `receipts`, heads confirmed by the service. Receipts in the ledger itself are also
    compared. Raises LedgerError if the file does not exist.
    """
    expected = sorted({*receipts, *([expected_head] if expected_head else [])}, key=lambda head: head.count)
    try:
        with store.reading(path) as connection:
            return _walk(connection, path, expected)
    except LedgerError as error:
        if not path.exists():
            raise
        return LedgerBroken(0, str(error))


def _walk(connection: Connection, path: Path, expected: list[LedgerHead]) -> LedgerIntact | LedgerBroken:
    terminal_id = store.terminal_id_in(connection, path)
    previous = genesis_hash(terminal_id)
    count = 0
    for row in store.rows(connection):
        sequence, body, stored_hash = row
        count += 1
        if sequence != count:
            return LedgerBroken(count, _gap(count, sequence))
        if record_hash(previous, body) != stored_hash:
            return _diagnosis(row, previous)
        if '"kind":"confirmed"' in body:
            problem = _check_receipt(connection, row)
            if problem:
                return problem
        previous = stored_hash
    for head in expected:
        problem = _check_head(connection, head, count, terminal_id)
        if problem:
            return problem
    return LedgerIntact(terminal_id, LedgerHead(count, previous))


def _gap(expected: int, actual: int) -> str:
    if actual < expected:
        return f"record {actual} is before record {expected}: records were added or renumbered"
    if actual == expected + 1:
        return f"record {expected} is missing"
    return f"records {expected} to {actual - 1} are missing"


def _diagnosis(row: Row, previous: str) -> LedgerBroken:
    """Return the changed record, given a `row` that does not follow the hash `previous`."""
    sequence, body, stored_hash = row
    try:
        content = json.loads(body)
        body_sequence, body_previous = content["sequence"], content["previous"]
        consistent = record_hash(body_previous, body) == stored_hash
    except (ValueError, KeyError, TypeError):
        consistent = False
    if not consistent:
        return LedgerBroken(sequence, f"record {sequence} was changed: its text does not match its hash")
    if body_sequence != sequence:
        return LedgerBroken(sequence, f"record {body_sequence} was moved to the position of record {sequence}")
    if sequence == 1:
        return LedgerBroken(1, "record 1 does not follow this terminal's genesis hash: it is from a different ledger")
    return LedgerBroken(
        sequence - 1,
        f"record {sequence - 1} was replaced together with its hash: record {sequence} follows a different hash "
        f"({body_previous[:12]}..., found {previous[:12]}...)",
    )


def _check_receipt(connection: Connection, row: Row) -> LedgerBroken | None:
    event = json.loads(row[1])["event"]
    confirmed = store.at(connection, event["ledger_count"])
    if confirmed is None or confirmed[2] != event["ledger_hash"]:
        return LedgerBroken(
            event["ledger_count"],
            f"record {event['ledger_count']} differs from the confirmed record (receipt in record {row[0]})",
        )
    return None


def _check_head(connection: Connection, head: LedgerHead, count: int, terminal_id: str) -> LedgerBroken | None:
    if head.count > count:
        missing = f"record {count + 1} is" if head.count == count + 1 else f"records {count + 1} to {head.count} are"
        return LedgerBroken(count + 1, f"{missing} missing at the end: the ledger previously had {head.count}")
    row = store.at(connection, head.count)
    if (row[2] if row else genesis_hash(terminal_id)) != head.hash:
        return LedgerBroken(
            head.count,
            f"record {head.count} differs from the expected record: the ledger was rewritten at least up to here",
        )
    return None
