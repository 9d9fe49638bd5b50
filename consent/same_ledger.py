"""Check that the ledger is still the one this terminal began, so that a new one is never begun unnoticed.

A note beside the ledger says that there is one, and with which record it begins. It protects against loss and mistakes;
anyone who can write to the folder can write the note too (docs/ledger.md).
"""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from config.files import write_whole
from consent import store
from consent.store import LedgerError

_NEW = "Restore it from a backup, or begin a new one on purpose: `uketsuke ledger begin`."


def note_of(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.begun")


def require_same(ledger: Path) -> None:
    """Raise `LedgerError` if a ledger was begun here and `ledger` is not that one."""
    try:
        begun = json.loads(note_of(ledger).read_text("utf-8"))["first"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LedgerError(f"{note_of(ledger)} cannot be read ({type(error).__name__}). {_NEW}") from None
    if not ledger.exists() or ledger.stat().st_size == 0:
        raise LedgerError(f"{ledger} is gone, and this terminal has written one. {_NEW}")
    if begun is not None and _first(ledger) != begun:
        raise LedgerError(f"{ledger} does not begin with the record that this terminal began it with. {_NEW}")


def note(ledger: Path) -> None:
    """Record that the open `ledger` is this terminal's."""
    first = _first(ledger)
    with suppress(OSError, ValueError, TypeError, KeyError):
        if json.loads(note_of(ledger).read_text("utf-8"))["first"] == first:
            return
    write_whole(note_of(ledger), json.dumps({"first": first}).encode() + b"\n")


def set_aside(ledger: Path, now: datetime) -> Path | None:
    """Rename the complete ledger so that the next start begins a new one; return its new path, None if it is gone.

    Raises `LedgerInUse` while a terminal writes to it.
    """
    lock = store.WriterLock(ledger)
    try:
        kept = ledger.with_name(f"{ledger.stem}-until-{now:%Y%m%d-%H%M%S}{ledger.suffix}")
        found = ledger.exists()
        # The log belongs to the file: records that are not in it yet.
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                ledger.with_name(ledger.name + ending).rename(kept.with_name(kept.name + ending))
        note_of(ledger).unlink(missing_ok=True)
        return kept if found else None
    finally:
        lock.release()


def _first(ledger: Path) -> str | None:
    """Hash of the first record; None before there is one. Raises `LedgerError`."""
    with store.reading(ledger) as connection:
        row = store.at(connection, 1)
    return row[2] if row is not None else None
