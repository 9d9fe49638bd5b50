"""Copy a complete ledger, even while a terminal is writing to it."""

import sqlite3
from pathlib import Path

from config.files import create_private
from consent import store
from consent.store import LedgerError
from consent.verification import LedgerBroken, LedgerIntact, verify_file


def copy_file(ledger: Path, target: Path) -> LedgerIntact | LedgerBroken:
    """Copy a consistent snapshot of all committed records and verify the copy.

    `target` must not exist and is created with mode 0600. Raises LedgerError and FileExistsError.
    """
    create_private(target)
    try:
        with store.reading(ledger) as source:
            copy = sqlite3.connect(target)
            try:
                source.backup(copy)
                # store everything in one file, without a separate log
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise LedgerError(f"cannot copy {ledger}: {error}. Check disk space and disk health.") from error
    return verify_file(target)
