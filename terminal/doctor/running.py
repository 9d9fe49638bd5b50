"""Detect a running terminal without touching its lock."""

from pathlib import Path

from config.platform.current import system


def running_process_id(ledger: Path) -> int | None:
    """Return the process id of the terminal that is writing this ledger, or None."""
    return system.lock_holder(ledger.with_name(ledger.name + ".lock"))
