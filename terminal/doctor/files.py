"""Check the folders, ledger and outbox without affecting a running terminal."""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.platform.current import system
from config.settings import Settings
from consent.ledger import LedgerFile
from consent.outbox import unconfirmed, undecided, undelivered
from consent.same_ledger import require_same
from consent.store import LedgerError
from consent.verification import LedgerBroken, verify_file
from terminal.assembly import ledger_path
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.doctor.running import running_process_id
from terminal.handover.folder import WORK_FOLDER

MIN_FREE, LOW_FREE = 50, 500
"""Free space in megabytes."""
WARN_AGE, MAX_AGE = timedelta(minutes=10), timedelta(hours=12)
"""Age of a decision. Consents can be sent for 24 hours."""


def state_folder(settings: Settings) -> Finding:
    folder = settings.state_dir
    if not folder.exists():
        return warning(
            f"{folder} does not exist",
            "The first start creates it. Check that UKETSUKE_STATE_DIR is correct.",
        )
    finding = _check_folder(folder, folder)
    if finding.grade == "OK" and system.accessible_to_others(folder):
        return warning(f"{finding.text}; other users of this computer can read it", f"chmod 700 {folder}")
    return finding


def results_folder(settings: Settings) -> Finding:
    folder = settings.results_dir
    if not folder.exists() and settings.handover.folder is None:
        return passed(f"{folder}: created by the first reception")
    if not folder.exists():
        return failed(f"{folder} does not exist", "Connect the share, or correct handover.folder.")
    # never write a test file where the receipt computer can see it
    work = folder / WORK_FOLDER
    return _check_folder(folder, work if work.is_dir() else None)


def _check_folder(folder: Path, probe: Path | None) -> Finding:
    """Check a folder by writing a test file to `probe`. If `probe` is None, only check the permissions."""
    if not folder.is_dir():
        return failed(f"{folder} is not a folder", "Move the file elsewhere, or set a different folder.")
    try:
        if probe is not None:
            with tempfile.NamedTemporaryFile(dir=probe, prefix=".doctor-") as file:
                file.write(b"\n" * 4096)
                file.flush()
        elif not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return failed(
            f"{folder} is not writable ({error.strerror or 'no permission'})",
            "Grant write permission, or free disk space.",
        )
    return grade_free_space(folder, free)


def grade_free_space(folder: Path, free: int) -> Finding:
    """Grade a folder's free space. `free` is in bytes."""
    megabytes = free // 1_000_000
    text = f"{folder}: writable, {megabytes / 1000:.1f} GB free"
    if megabytes < MIN_FREE:
        return failed(f"{folder}: {megabytes} MB free", "Free disk space. Receptions fail without it.")
    return warning(text, "Free disk space soon.") if megabytes < LOW_FREE else passed(text)


def ledger(settings: Settings) -> Finding:
    path = ledger_path(settings)
    try:
        require_same(path)
    except LedgerError as error:
        return failed(str(error), "If you have no backup, run `uketsuke ledger begin`.")
    if not path.exists():
        return passed("none; the first reception creates it")
    verified = verify_file(path)
    if isinstance(verified, LedgerBroken):
        return failed(
            f"BROKEN at record {verified.sequence}", "Do not change the file. `uketsuke ledger verify` shows details."
        )
    terminal_id = settings.service.terminal_id
    if verified.terminal_id != terminal_id:
        return failed(
            f"ledger of {verified.terminal_id}, not of {terminal_id}", "Restore the previous service.terminal_id."
        )
    running = running_process_id(path)
    writer = f"; written by process {running}" if running is not None else "; no terminal is running"
    return passed(f"intact, {verified.head.count} records{writer}")


def backlog(settings: Settings) -> Finding:
    path = ledger_path(settings)
    if not path.exists():
        return passed("empty")
    file, now = LedgerFile(path), datetime.now(UTC)
    try:
        unsent, undelivered_checks, open_checks = unconfirmed(file, now), undelivered(file), undecided(file)
    except LedgerError:
        return failed("unknown: cannot read the ledger", "See the ledger check.")
    waiting = [record.at for record in unsent.sendable] + [check.confirmed.at for check in undelivered_checks]
    if running_process_id(path) is None:
        waiting += [record.at for record in open_checks]
    if unsent.expired:
        return failed(f"{len(unsent.expired)} unsent decisions have expired", "Ask these patients for consent again.")
    return grade_backlog(waiting, now)


def grade_backlog(waiting: list[datetime], now: datetime) -> Finding:
    """Grade the oldest item's age. `waiting` contains the time of each item."""
    if not waiting:
        return passed("empty")
    oldest = now - min(waiting)
    text = f"{len(waiting)} to send or write, the oldest waiting for {oldest.total_seconds() / 60:.0f} minutes"
    if oldest < WARN_AGE:
        return passed(text)
    remedy = "See the service and results folder checks. Only a running terminal sends and writes them."
    return failed(text, remedy) if oldest > MAX_AGE else warning(text, remedy)
