"""`uketsuke backup` and `uketsuke restore`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, install_error_hooks, settings_or_exit, tell
from terminal.cli.setup import target_of

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.keeping.restore import RestoreReport

BACKUP_HELP = """Write ledger, keys, settings, audit trail and patient numbers to one file, encrypted with a passphrase.

The terminal may keep running. The command asks for the passphrase twice; in a script, pass it as the first line of
standard input. Results are not included: they belong to the receipt computer. Store the passphrase separately.

Example: uketsuke backup /media/stick/front-1.backup
"""
RESTORE_HELP = """Restore a terminal from its backup into an empty state folder.

First the service revokes the key in the backup and accepts a new one, so that two terminals never share a key. What the
service has and the backup lacks is marked in the ledger. If interrupted, run the same command again. Use
--new-enrolment if the backup's key is already revoked: the service stub on this computer then allows another restore.

Example: uketsuke restore /media/stick/front-1.backup
"""


def backup(
    file: Annotated[Path, typer.Argument(help="New file; an existing one is never overwritten.")],
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    settings_file = target_of(config)
    if not file.parent.is_dir():
        fail(f"{file.parent} is not a folder. Create it, or name another.")
    if file.exists():
        fail(f"{file} already exists and is not overwritten. Name a new file.")
    passphrase = _passphrase(twice=True)
    with install_error_hooks():
        from datetime import datetime

        from config.japan import JAPAN
        from consent.verification import LedgerBroken
        from terminal.keeping.backup import back_up

        included = settings_file if settings_file.exists() else None
        done = back_up(settings, included, file, passphrase, datetime.now(JAPAN))
        tell(f"{done.terminal_id}: {done.size / 1000:,.0f} kB in {file}")
        if included is None:
            tell("there is no settings file to back up; settings from the environment are not included")
        if isinstance(done.numbers, str):
            tell(f"the patient numbers are NOT included: {done.numbers}")
        elif done.numbers:
            tell(f"{done.numbers} patient numbers of `uketsuke exchange`")
        match done.ledger:
            case None:
                tell("there is no ledger yet")
            case LedgerBroken(sequence=sequence, what=what):
                tell(f"the ledger is BROKEN at record {sequence} and is backed up unchanged: {what}")
                raise typer.Exit(1)
            case intact:
                tell(f"ledger intact, {intact.head.count} records, head {intact.head.hash[:16]}")
        if isinstance(done.numbers, str):
            raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(help="File written by `uketsuke backup`.")],
    keep_settings: Annotated[
        bool, typer.Option("--keep-settings", help="Use the settings of this computer, not those of the backup.")
    ] = False,
    new_enrolment: Annotated[
        bool, typer.Option("--new-enrolment", help="Let the service stub on this computer revoke every older key.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    current = settings_or_exit(config) if keep_settings else None
    if not file.is_file():
        fail(f"{file} does not exist. Name a file written by `uketsuke backup`.")
    passphrase = _passphrase(twice=False)
    with install_error_hooks():
        import asyncio

        from config.load import SettingsError
        from terminal.keeping.restore import restore as restore_terminal

        try:
            done = asyncio.run(
                restore_terminal(
                    file,
                    passphrase,
                    target_of(config),
                    current=current,
                    administrator=_by_stub if new_enrolment else None,
                )
            )
        except SettingsError as error:
            fail(f"{error}\nThe backup's settings cannot be used here; nothing was changed.")
    _tell(done)


def _tell(done: "RestoreReport") -> None:
    tell(f"{done.manifest.terminal_id} as of {done.manifest.created_at:%Y-%m-%d %H:%M} is in {done.settings.state_dir}")
    tell("the key in the backup is revoked; this terminal has a new one")
    if done.confirmed:
        tell(f"{done.confirmed} decisions still waiting in the backup had already reached the service")
    if done.lost or done.opened:
        tell(
            f"since the backup the service accepted {done.lost} decisions and opened {done.opened} checks that have no "
            "record here; the ledger notes this. The decisions remain valid."
        )
    else:
        tell("no record is missing here")
    tell("Next: run `uketsuke doctor`, start the terminal, and make a new backup: the key in this one is revoked.")


def _by_stub(settings: "Settings", public_key: str, ended_key: bytes) -> None:
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
    typed: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt="Repeat it" if twice else False)
    return typed
