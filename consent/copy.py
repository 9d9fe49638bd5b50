"""Copy a whole ledger, even while a terminal writes it."""

import sqlite3
from pathlib import Path

from config.files import create_private
from consent import store
from consent.store import LedgerError
from consent.verification import LedgerBroken, LedgerIntact, verify_file


def copy_file(ledger: Path, target: Path) -> LedgerIntact | LedgerBroken:
    """Copy all committed records, in one consistent view of the file, and return whether the copy is intact.

    `target` is new, mode 0600. Raises LedgerError, FileExistsError.
    """
    create_private(target)
    try:
        with store.reading(ledger) as source:
            copy = sqlite3.connect(target)
            try:
                source.backup(copy)
                # one file: a log beside it would be left behind
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise LedgerError(f"{ledger} cannot be copied: {error}. Look at disk space and the disk's health.") from error
    return verify_file(target)
