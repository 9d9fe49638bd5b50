"""Detect a missing or replaced ledger.

A note next to the ledger contains the hash of its first record. It protects against accidents, but not against
attackers with write access to the folder, who can change the note too (docs/ledger.md).
"""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from config.files import write_atomically
from consent import store
from consent.store import LedgerError

_NEW = "Restore it from a backup, or start a new ledger with `uketsuke ledger begin`."


def note_path(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.begun")


def require_same(ledger: Path) -> None:
    """Raise LedgerError if `ledger` does not match the note. Do nothing if there is no note."""
    try:
        first_hash = json.loads(note_path(ledger).read_text("utf-8"))["first"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LedgerError(f"cannot read {note_path(ledger)}: {type(error).__name__}. {_NEW}") from None
    if not ledger.exists() or ledger.stat().st_size == 0:
        raise LedgerError(f"{ledger} is missing, but this terminal has written a ledger. {_NEW}")
    if first_hash is not None and _first_hash(ledger) != first_hash:
        raise LedgerError(f"{ledger} is not this terminal's ledger: its first record differs. {_NEW}")


def write_note(ledger: Path) -> None:
    """Write the note for the open `ledger`."""
    first = _first_hash(ledger)
    with suppress(OSError, ValueError, TypeError, KeyError):
        if json.loads(note_path(ledger).read_text("utf-8"))["first"] == first:
            return
    write_atomically(note_path(ledger), json.dumps({"first": first}).encode() + b"\n")


def set_aside(ledger: Path, now: datetime) -> Path | None:
    """Rename the ledger and its companion files, so that the next run starts a new ledger.

    Return the new path, or None if there was no ledger. Raises `LedgerInUse` if a terminal has it open.
    """
    lock = store.WriterLock(ledger)
    try:
        target = ledger.with_name(f"{ledger.stem}-until-{now:%Y%m%d-%H%M%S}{ledger.suffix}")
        existed = ledger.exists()
        # the write-ahead log may contain records that are not in the main file
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                ledger.with_name(ledger.name + ending).rename(target.with_name(target.name + ending))
        note_path(ledger).unlink(missing_ok=True)
        return target if existed else None
    finally:
        lock.release()


def _first_hash(ledger: Path) -> str | None:
    """Return the hash of the first record, or None if the ledger is empty. Raises LedgerError."""
    with store.reading(ledger) as connection:
        row = store.at(connection, 1)
    return row[2] if row is not None else None
