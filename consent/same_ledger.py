"""Check that the ledger is the one this terminal started, so that a missing ledger is not silently replaced.

A note next to the ledger contains the hash of its first record. It protects against loss and mistakes, not against
someone with write access to the folder, who can change the note too (docs/ledger.md).
"""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from config.files import write_atomically
from consent import store
from consent.store import LedgerError

_NEW = "Restore it from a backup, or start a new one with `uketsuke ledger begin`."


def note_of(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.begun")


def require_same(ledger: Path) -> None:
    """Raise `LedgerError` if a ledger was started here and `ledger` is not that one."""
    try:
        begun = json.loads(note_of(ledger).read_text("utf-8"))["first"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LedgerError(f"{note_of(ledger)} cannot be read ({type(error).__name__}). {_NEW}") from None
    if not ledger.exists() or ledger.stat().st_size == 0:
        raise LedgerError(f"{ledger} is missing, although this terminal has written one. {_NEW}")
    if begun is not None and _first(ledger) != begun:
        raise LedgerError(f"{ledger} is not the ledger that this terminal started: its first record differs. {_NEW}")


def note(ledger: Path) -> None:
    """Write the note for the open `ledger`."""
    first = _first(ledger)
    with suppress(OSError, ValueError, TypeError, KeyError):
        if json.loads(note_of(ledger).read_text("utf-8"))["first"] == first:
            return
    write_atomically(note_of(ledger), json.dumps({"first": first}).encode() + b"\n")


def set_aside(ledger: Path, now: datetime) -> Path | None:
    """Rename the ledger with all its files, so that the next run starts a new one.

    Return the new path, or None if there was no ledger. Raises `LedgerInUse` if a terminal has it open.
    """
    lock = store.WriterLock(ledger)
    try:
        kept = ledger.with_name(f"{ledger.stem}-until-{now:%Y%m%d-%H%M%S}{ledger.suffix}")
        found = ledger.exists()
        # the write-ahead log may contain records that are not in the main file yet
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                ledger.with_name(ledger.name + ending).rename(kept.with_name(kept.name + ending))
        note_of(ledger).unlink(missing_ok=True)
        return kept if found else None
    finally:
        lock.release()


def _first(ledger: Path) -> str | None:
    """Return the hash of the first record, or None if there is none. Raises `LedgerError`."""
    with store.reading(ledger) as connection:
        row = store.at(connection, 1)
    return row[2] if row is not None else None
