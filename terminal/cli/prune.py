"""`uketsuke prune`: delete files past their retention period."""

from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, echo, report_errors, settings_or_exit

HELP = """Delete files past their retention period.

The [records] section of the settings contains the periods: audit_years, results_days, cache_days, log_days, trace_days.
The ledger is never touched. Results are deleted only if the ledger records the handover of the same file. Can be run
every day while a terminal is running.

Example: uketsuke prune --dry-run
"""


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files without deleting them.")] = False,
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    with report_errors():
        from collections import Counter
        from datetime import datetime

        from config.japan import JAPAN
        from terminal.backups.old_files import expired_files
        from terminal.backups.old_files import prune as delete

        counts: Counter[str] = Counter()
        for file in expired_files(settings, datetime.now(JAPAN)) if dry_run else delete(settings, datetime.now(JAPAN)):
            counts[file.kind] += 1
            if dry_run:
                echo(f"{file.kind:12}  {file.path}")
        summary = ", ".join(f"{count} x {kind}" for kind, count in sorted(counts.items()))
        echo(f"{'would be deleted' if dry_run else 'deleted'}: {summary or 'nothing'}")
