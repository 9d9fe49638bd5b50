"""`uketsuke backup` and `uketsuke restore`: save and restore a terminal's irreplaceable files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, report_errors, settings_or_exit
from terminal.cli.setup import settings_target

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.backups.restore import RestoreReport

BACKUP_HELP = """Write the ledger, keys, settings, audit trail and patient numbers to one encrypted file.

The terminal can keep running. The command prompts for a passphrase twice; in a script, pass it as the first line of
standard input. Store the passphrase separately. Results for the receipt computer are not included.

Example: uketsuke backup /media/stick/front-1.backup
"""
RESTORE_HELP = """Restore a terminal from a backup to an empty state folder.

The service first replaces the key in the backup with a new one, which prevents two terminals from sharing a key.
Decisions missing from the backup are recorded in the ledger. After an interruption, run the command again. If the
backup's key was revoked, --new-enrolment makes the service stub on this computer allow another restore.

Example: uketsuke restore /media/stick/front-1.backup
"""


def backup(
    file: Annotated[Path, typer.Argument(help="New file. Existing files are not overwritten.")],
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    settings_file = settings_target(config)
    if not file.parent.is_dir():
        fail(f"{file.parent} is not a folder. Create it, or choose a different one.")
    if file.exists():
        fail(f"{file} exists and will not be overwritten. Choose a new file name.")
    passphrase = _passphrase(twice=True)
    with report_errors():
        from datetime import datetime

        from config.japan import JAPAN
        from consent.verification import LedgerBroken
        from terminal.backups.backup import back_up

        included = settings_file if settings_file.exists() else None
        report = back_up(settings, included, file, passphrase, datetime.now(JAPAN))
        echo(f"{report.terminal_id}: {report.size / 1000:,.0f} kB in {file}")
        if included is None:
            echo("no settings file: settings from environment variables are not included")
        if isinstance(report.numbers, str):
            echo(f"patient numbers are NOT included: {report.numbers}")
        elif report.numbers:
            echo(f"{report.numbers} patient numbers from `uketsuke exchange`")
        match report.ledger:
            case None:
                echo("no ledger")
            case LedgerBroken(sequence=sequence, problem=problem):
                echo(f"ledger BROKEN at record {sequence}, backed up unchanged: {problem}")
                raise typer.Exit(1)
            case intact:
                echo(f"ledger intact, {intact.head.count} records, head {intact.head.hash[:16]}")
        if isinstance(report.numbers, str):
            raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(help="File written by `uketsuke backup`.")],
    keep_settings: Annotated[
        bool, typer.Option("--keep-settings", help="Use this computer's settings instead of the backup's.")
    ] = False,
    new_enrolment: Annotated[
        bool, typer.Option("--new-enrolment", help="Make the service stub on this computer revoke all older keys.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    current = settings_or_exit(config) if keep_settings else None
    if not file.is_file():
        fail(f"{file} does not exist. Specify a file written by `uketsuke backup`.")
    passphrase = _passphrase(twice=False)
    with report_errors():
        import asyncio

        from config.load import SettingsError
        from terminal.backups.restore import restore as restore_terminal

        try:
            report = asyncio.run(
                restore_terminal(
                    file,
                    passphrase,
                    settings_target(config),
                    current=current,
                    replace_key=_replace_key_at_stub if new_enrolment else None,
                )
            )
        except SettingsError as error:
            fail(f"{error}\nThe backup's settings are invalid on this computer. Nothing was changed.")
    _print_report(report)


def _print_report(report: "RestoreReport") -> None:
    created_at = f"{report.manifest.created_at:%Y-%m-%d %H:%M}"
    echo(f"{report.manifest.terminal_id}, backup from {created_at}: restored to {report.settings.state_dir}")
    echo("the key in the backup was revoked and replaced with a new one")
    if report.confirmed:
        echo(f"{report.confirmed} decisions that are unconfirmed in the backup had reached the service")
    if report.lost or report.opened:
        echo(
            f"after the backup, the service accepted {report.lost} decisions and opened {report.opened} checks. Their "
            "records are lost, as noted in the ledger. The decisions remain valid."
        )
    else:
        echo("no records are missing")
    echo("Next: run `uketsuke doctor`, start the terminal, and create a new backup to replace this one.")


def _replace_key_at_stub(settings: "Settings", public_key: str, ended_key: bytes) -> None:
    from terminal.qualification.contract import NoAnswer, Refused
    from terminal.readiness import NotReady
    from terminal.simulated.service.admin import StubAdmin

    with StubAdmin(settings.service.url) as admin:
        answer = admin.enrol(settings.service.terminal_id, public_key, ended_key=ended_key)
    if isinstance(answer, NoAnswer | Refused):
        raise NotReady(f"The service at {settings.service.url} is not a stub on this computer ({answer.reason}).")


def _passphrase(*, twice: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    passphrase: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt="Repeat" if twice else False)
    return passphrase
