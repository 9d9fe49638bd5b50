"""Delete files past their retention period. The ledger is never touched.

A result is deleted only if the ledger records the handover of a file with the same hash. Other results are kept
regardless of their age.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.lifecycle import histories
from terminal.assembly import ledger_path
from terminal.audit import expired_months

TRACES = "traces"
"""Subfolder of the state folder for traces from `run --card-trace`."""


@dataclass(frozen=True, slots=True)
class ExpiredFile:
    """File past its retention period."""

    path: Path
    kind: str


def expired_files(settings: Settings, now: datetime) -> Iterator[ExpiredFile]:
    """Yield the files past their retention period. `now` must be timezone-aware. Raises LedgerError."""
    records, state = settings.records, settings.state_dir
    for path in expired_months(state / "audit.jsonl", now.date(), records.audit_years):
        yield ExpiredFile(path, "audit trail")
    for path in _files_older_than(_files(settings.cache_dir), now, records.cache_days):
        yield ExpiredFile(path, "cache")
    for path in _files_older_than(sorted(state.glob("terminal.log.*")), now, records.log_days):
        yield ExpiredFile(path, "log")
    for path in _files_older_than(_files(state / TRACES), now, records.trace_days):
        yield ExpiredFile(path, "card trace")
    if records.results_days:
        yield from _results(settings, now)


def prune(settings: Settings, now: datetime) -> Iterator[ExpiredFile]:
    """Delete the expired files and yield each one. Raises OSError if a file cannot be deleted."""
    for file in list(expired_files(settings, now)):
        file.path.unlink(missing_ok=True)
        yield file


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _files_older_than(paths: list[Path], now: datetime, days: int) -> Iterator[Path]:
    """Yield the paths older than `days`, or none if `days` is 0."""
    cutoff = (now - timedelta(days=days)).timestamp()
    for path in paths if days else ():
        if path.stat().st_mtime < cutoff:
            yield path


def _results(settings: Settings, now: datetime) -> Iterator[ExpiredFile]:
    ledger = ledger_path(settings)
    if not ledger.exists() or not settings.results_dir.is_dir():
        return
    cutoff = now - timedelta(days=settings.records.results_days)
    for history in histories(LedgerFile(ledger).records()).values():
        delivered = history.delivered
        if delivered is None or delivered.at >= cutoff or delivered.event.sha256 is None:
            continue
        path = settings.results_dir / delivered.event.file_name
        if path.is_file() and not path.is_symlink() and sha256(path.read_bytes()).hexdigest() == delivered.event.sha256:
            yield ExpiredFile(path, "result")
