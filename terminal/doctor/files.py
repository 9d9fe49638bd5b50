"""Check folders, ledger and outbox. Changes nothing that a running terminal relies on."""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.platform.chosen import system
from config.settings import Settings
from consent.ledger import LedgerFile
from consent.outbox import unconfirmed, undecided, undelivered
from consent.same_ledger import require_same
from consent.store import LedgerError
from consent.verification import LedgerBroken, verify_file
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.doctor.running import terminal_running
from terminal.handover.folder import WORK_FOLDER

FULL, NEARLY_FULL = 50, 500
"""Megabytes."""
LATE, TOO_LATE = timedelta(minutes=10), timedelta(hours=12)
"""Age of a decision. A consent can be sent for 24 hours."""


def state_folder(settings: Settings) -> Finding:
    folder = settings.state_dir
    if not folder.exists():
        return doubtful(
            f"{folder} does not exist yet",
            "The first start creates it. Check that UKETSUKE_STATE_DIR is the intended folder.",
        )
    found = _folder(folder, folder)
    if found.grade == "OK" and system.accessible_to_others(folder):
        return doubtful(f"{found.text}; other users of this computer can read it", f"chmod 700 {folder}")
    return found


def results_folder(settings: Settings) -> Finding:
    folder = settings.results_dir
    if not folder.exists() and settings.handover.folder is None:
        return fine(f"{folder}: created by the first reception")
    if not folder.exists():
        return bad(f"{folder} does not exist", "Connect the share, or correct handover.folder.")
    # never write a test file where the receipt computer would see it
    work = folder / WORK_FOLDER
    return _folder(folder, work if work.is_dir() else None)


def _folder(folder: Path, probe: Path | None) -> Finding:
    """Check a folder by writing a test file in `probe`. If that is None, check only permissions."""
    if not folder.is_dir():
        return bad(f"{folder} is not a folder", "Move the file away, or name another folder.")
    try:
        if probe is not None:
            with tempfile.NamedTemporaryFile(dir=probe, prefix=".doctor-") as file:
                file.write(b"\n" * 4096)
                file.flush()
        elif not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return bad(
            f"{folder} cannot be written ({error.strerror or 'no permission'})",
            "Grant write permission, or free disk space.",
        )
    return free_space(folder, free)


def free_space(folder: Path, free: int) -> Finding:
    """Grade the free space of a folder. `free` is in bytes."""
    megabytes = free // 1_000_000
    text = f"{folder}: writable, {megabytes / 1000:.1f} GB free"
    if megabytes < FULL:
        return bad(f"{folder}: {megabytes} MB free", "Free disk space: no patient can be received without it.")
    return doubtful(text, "Free disk space soon.") if megabytes < NEARLY_FULL else fine(text)


def ledger(settings: Settings) -> Finding:
    path = ledger_path(settings)
    try:
        require_same(path)
    except LedgerError as error:
        return bad(str(error), "If no backup has it, run `uketsuke ledger begin`.")
    if not path.exists():
        return fine("none yet; the first reception creates it")
    found = verify_file(path)
    if isinstance(found, LedgerBroken):
        return bad(
            f"BROKEN at record {found.sequence}", "Keep the file unchanged; `uketsuke ledger verify` shows details."
        )
    terminal_id = settings.service.terminal_id
    if found.terminal_id != terminal_id:
        return bad(f"is the ledger of {found.terminal_id}, not of {terminal_id}", "Set service.terminal_id back.")
    running = terminal_running(path)
    written = f"; written by process {running}" if running is not None else "; no terminal is running"
    return fine(f"intact, {found.head.count} records{written}")


def backlog(settings: Settings) -> Finding:
    path = ledger_path(settings)
    if not path.exists():
        return fine("nothing waiting")
    file, now = LedgerFile(path), datetime.now(UTC)
    try:
        to_send, to_write, open_ = unconfirmed(file, now), undelivered(file), undecided(file)
    except LedgerError:
        return bad("unknown: the ledger cannot be read", "See the ledger check.")
    waiting = [one.at for one in to_send.sendable] + [one.confirmed.at for one in to_write]
    if terminal_running(path) is None:
        waiting += [one.at for one in open_]
    if to_send.expired:
        return bad(f"{len(to_send.expired)} decisions were never sent and have expired", "Ask those patients again.")
    return judged(waiting, now)


def judged(waiting: list[datetime], now: datetime) -> Finding:
    """Grade the age of the oldest item. `waiting` has the time each item began to wait."""
    if not waiting:
        return fine("nothing waiting")
    oldest = now - min(waiting)
    text = f"{len(waiting)} waiting to be sent or written, the oldest for {oldest.total_seconds() / 60:.0f} minutes"
    if oldest < LATE:
        return fine(text)
    remedy = "See the service and results folder checks; only a running terminal sends them."
    return bad(text, remedy) if oldest > TOO_LATE else doubtful(text, remedy)
