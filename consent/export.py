"""Export a ledger as JSON Lines, from which anyone can recompute the hash chain."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consent import store
from consent.hash_chain import genesis_hash
from consent.records import LedgerHead
from consent.store import LedgerError, Row


@dataclass(frozen=True, slots=True)
class Export:
    terminal_id: str
    head: LedgerHead
    """Head after the last record written."""


def export_file(ledger: Path, target: Path) -> Export:
    """Write every record unchanged, even if the chain is broken or a terminal is writing the ledger.

    `target` is created with mode 0600 and removed on failure. Raises FileExistsError if it exists, and LedgerError if
    the ledger is missing or contains an invalid record.
    """
    with store.reading(ledger) as connection:
        terminal_id = store.terminal_id_in(connection, ledger)
    count, last = 0, genesis_hash(terminal_id)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            for count, body, last in _rows(ledger):
                file.write(_line(ledger, count, body, last) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Export(terminal_id, LedgerHead(count, last))


def _rows(ledger: Path) -> Iterator[Row]:
    """Yield all rows of a snapshot taken when the first row is read."""
    with store.reading(ledger) as connection:
        yield from store.rows(connection)


def _line(ledger: Path, sequence: int, body: str, stored_hash: str) -> str:
    """Return the record as JSON with a `"hash"` member. The hashed text is the same JSON without that member."""
    try:
        content = {**json.loads(body), "hash": stored_hash}
    except (ValueError, TypeError) as error:
        raise LedgerError(f"{ledger}: record {sequence} is invalid. Run `uketsuke ledger verify`.") from error
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
