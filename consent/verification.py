"""Verify a ledger: walk the chain from the genesis and name the first record that was changed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from consent import store
from consent.chain import genesis_hash, record_hash
from consent.records import LedgerHead
from consent.store import LedgerError, Row


@dataclass(frozen=True, slots=True)
class LedgerIntact:
    terminal_id: str
    head: LedgerHead


@dataclass(frozen=True, slots=True)
class LedgerBroken:
    sequence: int
    """The first record that is changed, missing or out of place; 0 for the file as a whole."""
    what: str


def verify_file(
    path: Path, *, expected_head: LedgerHead | None = None, receipts: Iterable[LedgerHead] = ()
) -> LedgerIntact | LedgerBroken:
    """Verify without the writer's lock, also while a terminal writes.

    A chain alone cannot tell that its tail was cut off or that it was rewritten as a whole; `expected_head` (noted
    elsewhere before) and `receipts` (heads the service confirmed) can. Receipts in the ledger itself are compared too.
    Raises LedgerError if there is no file.
    """
    remembered = sorted({*receipts, *([expected_head] if expected_head else [])}, key=lambda head: head.count)
    try:
        with store.reading(path) as connection:
            return _walk(connection, path, remembered)
    except LedgerError as error:
        if not path.exists():
            raise
        return LedgerBroken(0, str(error))


def _walk(connection: Connection, path: Path, remembered: list[LedgerHead]) -> LedgerIntact | LedgerBroken:
    terminal_id = store.terminal_of(connection, path)
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
            broken = _receipt_differs(connection, row)
            if broken:
                return broken
        previous = stored_hash
    for head in remembered:
        broken = _head_differs(connection, head, count, terminal_id)
        if broken:
            return broken
    return LedgerIntact(terminal_id, LedgerHead(count, previous))


def _gap(expected: int, found: int) -> str:
    if found < expected:
        return f"a record numbered {found} stands before record {expected}: records were added or renumbered"
    if found == expected + 1:
        return f"record {expected} is missing"
    return f"records {expected} to {found - 1} are missing"


def _diagnosis(row: Row, previous: str) -> LedgerBroken:
    """Return why this record does not follow the previous one: which of the two was changed."""
    sequence, body, stored_hash = row
    try:
        content = json.loads(body)
        told_sequence, told_previous = content["sequence"], content["previous"]
        whole = record_hash(told_previous, body) == stored_hash
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        return LedgerBroken(sequence, f"record {sequence} was changed: its text and its hash do not agree")
    if told_sequence != sequence:
        return LedgerBroken(sequence, f"record {told_sequence} stands in the place of record {sequence}")
    if sequence == 1:
        return LedgerBroken(1, "record 1 does not follow this terminal's beginning: records of another ledger")
    return LedgerBroken(
        sequence - 1,
        f"record {sequence - 1} was replaced together with its hash: record {sequence} follows another "
        f"({told_previous[:12]}..., found {previous[:12]}...)",
    )


def _receipt_differs(connection: Connection, row: Row) -> LedgerBroken | None:
    event = json.loads(row[1])["event"]
    confirmed = store.at(connection, event["ledger_count"])
    if confirmed is None or confirmed[2] != event["ledger_hash"]:
        return LedgerBroken(
            event["ledger_count"],
            f"record {event['ledger_count']} is not the one the service confirmed (receipt in record {row[0]})",
        )
    return None


def _head_differs(connection: Connection, head: LedgerHead, count: int, terminal_id: str) -> LedgerBroken | None:
    if head.count > count:
        missing = f"record {count + 1} is" if head.count == count + 1 else f"records {count + 1} to {head.count} are"
        return LedgerBroken(count + 1, f"{missing} missing at the end: the ledger once had {head.count}")
    found = store.at(connection, head.count)
    if (found[2] if found else genesis_hash(terminal_id)) != head.hash:
        return LedgerBroken(
            head.count,
            f"record {head.count} is not the one remembered: the ledger was rewritten up to there or further",
        )
    return None
