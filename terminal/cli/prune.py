"""`uketsuke prune`"""

from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, install_error_hooks, settings_or_exit, tell

HELP = """Delete files that are older than their retention period.

[records] in the settings sets the periods: audit_years, results_days, cache_days, log_days, trace_days. The ledger is
never touched. A result is deleted only if the ledger records that exactly this file was handed over. Safe to run every
day while a terminal is running.

Example: uketsuke prune --dry-run
"""


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be deleted without deleting it.")] = False,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    with install_error_hooks():
        from collections import Counter
        from datetime import datetime

        from config.japan import JAPAN
        from terminal.keeping.old_files import expired_files
        from terminal.keeping.old_files import prune as delete

        counted: Counter[str] = Counter()
        for found in expired_files(settings, datetime.now(JAPAN)) if dry_run else delete(settings, datetime.now(JAPAN)):
            counted[found.what] += 1
            if dry_run:
                tell(f"{found.what:12}  {found.path}")
        gone = ", ".join(f"{count} x {what}" for what, count in sorted(counted.items()))
        tell(f"{'would be deleted' if dry_run else 'deleted'}: {gone or 'nothing'}")
