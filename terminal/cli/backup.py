"""`uketsuke backup` and `uketsuke restore`"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, plain_errors, settings_or_exit, tell
from terminal.cli.setup import target_of

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.keeping.restore import RestoredTo

BACKUP_HELP = """Write ledger, keys, settings, audit trail and patient numbers into one file, sealed with a passphrase.

A terminal may run meanwhile. The passphrase is asked for, twice; from a script, it is the first line of the standard
input. Results are not in it: they belong to the receipt computer. Keep the passphrase apart from the file.

Example: uketsuke backup /media/stick/front-1.backup
"""
RESTORE_HELP = """Bring a terminal back from its backup, into an empty state folder.

The service is asked first: it ends the key of the backup and takes a new one, so no two terminals are the same; what it
has and the backup has not is marked in the ledger. Interrupted, the same command goes on. --new-enrolment: the key of
the backup has ended before, and the service stub on this computer is to allow another restore.

Example: uketsuke restore /media/stick/front-1.backup
"""


def backup(
    file: Annotated[Path, typer.Argument(help="A new file; one that is there is never overwritten.")],
    config: ConfigOption = None,
) -> None:
    settings = settings_or_exit(config)
    settings_file = target_of(config)
    if not file.parent.is_dir():
        fail(f"{file.parent} is not a folder. Make it, or name another.")
    if file.exists():
        fail(f"{file}: something is there already, and nothing is overwritten. Name a new file.")
    passphrase = _passphrase(twice=True)
    with plain_errors():
        from datetime import datetime

        from config.japan import JAPAN
        from consent.verification import LedgerBroken
        from terminal.keeping.backup import back_up

        kept = settings_file if settings_file.exists() else None
        done = back_up(settings, kept, file, passphrase, datetime.now(JAPAN))
        tell(f"{done.terminal_id}: {done.size / 1000:,.0f} kB in {file}")
        if kept is None:
            tell("no settings file was there to keep: settings from the environment are not in it")
        if isinstance(done.numbers, str):
            tell(f"the patient numbers are NOT in it: {done.numbers}")
        elif done.numbers:
            tell(f"{done.numbers} patient numbers of `uketsuke exchange`")
        match done.ledger:
            case None:
                tell("there is no ledger yet")
            case LedgerBroken(sequence=sequence, what=what):
                tell(f"the ledger is BROKEN at record {sequence} and is kept as it is: {what}")
                raise typer.Exit(1)
            case whole:
                tell(f"ledger whole, {whole.head.count} records, head {whole.head.hash[:16]}")
        if isinstance(done.numbers, str):
            raise typer.Exit(1)


def restore(
    file: Annotated[Path, typer.Argument(help="What `uketsuke backup` wrote.")],
    keep_settings: Annotated[
        bool, typer.Option("--keep-settings", help="Use the settings of this computer, not those of the backup.")
    ] = False,
    new_enrolment: Annotated[
        bool, typer.Option("--new-enrolment", help="Let the service stub on this computer end every older key.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    current = settings_or_exit(config) if keep_settings else None
    if not file.is_file():
        fail(f"{file} is not there. Name what `uketsuke backup` wrote.")
    passphrase = _passphrase(twice=False)
    with plain_errors():
        import asyncio

        from config.load import SettingsError
        from terminal.keeping.restore import restore as bring_back

        try:
            done = asyncio.run(
                bring_back(
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


def _tell(done: "RestoredTo") -> None:
    tell(f"{done.manifest.terminal_id} as of {done.manifest.created_at:%Y-%m-%d %H:%M} is in {done.settings.state_dir}")
    tell("the key of the backup has ended; this terminal has a new one")
    if done.confirmed:
        tell(f"{done.confirmed} decisions that waited in the backup had reached the service")
    if done.lost or done.opened:
        tell(
            f"since the backup the service accepted {done.lost} decisions and opened {done.opened} checks that have no "
            "record here: the ledger says so. The decisions stand."
        )
    else:
        tell("the service has nothing that is missing here")
    tell("Next: `uketsuke doctor`, start the terminal, and make a new backup: this one has served.")


def _by_stub(settings: "Settings", public_key: str, ended_key: bytes) -> None:
    from terminal.qualification.contract import NoAnswer, Refused
    from terminal.readiness import NotReady
    from terminal.simulated.service.admin import StubAdmin

    with StubAdmin(settings.service.url) as admin:
        answer = admin.enrol(settings.service.terminal_id, public_key, ended_key=ended_key)
    if isinstance(answer, NoAnswer | Refused):
        raise NotReady(f"The service at {settings.service.url} is no stub on this computer ({answer.reason}).")


def _passphrase(*, twice: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt="The same again" if twice else False)
    return typed
