"""`uketsuke ledger`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, install_error_hooks, settings_or_exit, tell

if TYPE_CHECKING:
    from config.settings import Settings
    from consent.items import Item
    from consent.verification import LedgerBroken, LedgerIntact
    from terminal.qualification.receipts import ChecksMissing, ReceiptNotGenuine

app = typer.Typer(
    help="The ledger: what was asked, answered, submitted and delivered, as one hash chain.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def verify(
    receipts: Annotated[
        bool, typer.Option("--receipts", help="Also compare with the receipts the service signed (service.url).")
    ] = False,
    files: Annotated[
        Path | None, typer.Option("--files", help="Also compare the result files in this folder with the ledger.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Check that the ledger is unchanged; if not, report the first record that does not match and exit with code 1.

    Records missing at the end are detected only with --receipts, which compares the ledger with the service's receipts.
    --files checks that every consent in the result files was given and that the files were not changed.

    Example: uketsuke ledger verify
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        import asyncio

        from consent.verification import LedgerBroken, verify_file
        from terminal.assembly import ledger_path
        from terminal.qualification.receipts import ChecksMissing, ReceiptNotGenuine

        path = ledger_path(settings)
        found = asyncio.run(_with_receipts(settings, path)) if receipts else verify_file(path)
        if isinstance(found, ReceiptNotGenuine):
            tell(f"BROKEN  {path}\nthe receipt for check {found.check_id} is not signed by the enrolled service")
            raise typer.Exit(1)
        if isinstance(found, ChecksMissing):
            days = ", ".join(day.isoformat() for day in found.days)
            tell(
                f"INCOMPLETE  {path}\nthe service opened {found.opened} checks for this terminal, the ledger has "
                f"{found.recorded} ({days}): records are missing at its end, or the terminal stopped just as a check "
                "was opened"
            )
            raise typer.Exit(1)
        if isinstance(found, LedgerBroken):
            tell(f"BROKEN  {path}\nrecord {found.sequence}: {found.what}")
            raise typer.Exit(1)
        tell(f"intact  {path}\n{found.head.count} records of {found.terminal_id}, head {found.head.hash[:16]}")
        if files is not None:
            _compare_files(files, path)


def _compare_files(folder: Path, ledger: Path) -> None:
    from terminal.handover.audit import check_files

    try:
        checked = check_files(folder, ledger)
    except OSError as error:
        fail(f"{folder} cannot be read: {error.strerror}. Name the folder with the result files.")
    for file in checked.differing:
        tell(f"DIFFERS  {file.name}\n{file.what}")
    if checked.differing:
        raise typer.Exit(1)
    tell(f"{checked.files} result files in {folder} agree with the ledger")


@app.command()
def show(config: ConfigOption = None) -> None:
    """List the records: time, kind and check. They contain no personal data.

    Example: uketsuke ledger show
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from consent.ledger import LedgerFile
        from consent.records import Decided
        from terminal.assembly import ledger_path

        for record in LedgerFile(ledger_path(settings)).records():
            event = record.event
            detail = ""
            if isinstance(event, Decided):
                flags = " ".join(f"{answer.item}={int(answer.granted)}" for answer in event.answers)
                detail = f"{event.cause}  {flags}"
            tell(f"{record.sequence:6}  {record.at:%Y-%m-%d %H:%M:%S}  {event.kind:18} {event.check_id}  {detail}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="New file; an existing one is never overwritten.")],
    config: ConfigOption = None,
) -> None:
    """Write all records as JSON lines for an auditor, who can recompute the chain (docs/ledger.md).

    They contain no personal data. Only the file's owner can read it.

    Example: uketsuke ledger export ledger.jsonl
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from consent.export import export_file
        from terminal.assembly import ledger_path

        try:
            written = export_file(ledger_path(settings), file)
        except FileExistsError:
            fail(f"{file} already exists and is not overwritten. Name a new file.")
        tell(f"{written.head.count} records of {written.terminal_id}, head {written.head.hash}")


@app.command()
def begin(config: ConfigOption = None) -> None:
    """Set aside a ledger that is lost or damaged beyond repair, so that the next start creates a new one.

    Nothing is deleted. Decisions still waiting in the old ledger are not sent; keep the file for the auditor.

    Example: uketsuke ledger begin
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from datetime import datetime

        from config.japan import JAPAN
        from consent.same_ledger import set_aside
        from terminal.assembly import ledger_path

        aside = set_aside(ledger_path(settings), datetime.now(JAPAN))
        tell(f"the old ledger is now {aside}" if aside else "there was no ledger to set aside")
        tell("the next start creates a new one")


@app.command()
def withdraw(
    check: Annotated[str, typer.Argument(help="The check's id, as `uketsuke ledger show` lists it.")],
    item: Annotated[list[str], typer.Argument(help="Items to stop sharing: SRJ, YZK, SHJ, TKK or TSR.")],
    config: ConfigOption = None,
) -> None:
    """Withdraw a consent at the patient's request: record it first, then notify the service.

    Works only while no terminal uses this ledger. If the service does not answer, it is notified at the next start.

    Example: uketsuke ledger withdraw 3f9a0c TKK
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        import asyncio

        from consent.items import Item
        from consent.lifecycle import LifeCycleError
        from terminal.assembly import NotReady

        unknown = [one for one in item if one not in set(Item)]
        if unknown:
            fail(f"{unknown[0]} is not an item. Known: {', '.join(Item)}.")
        try:
            accepted = asyncio.run(_withdraw(settings, check, [Item(one) for one in item]))
        except LifeCycleError as error:
            raise NotReady(str(error)) from error
        tell(
            "withdrawn" if accepted else "withdrawn here; the service did not answer and is notified at the next start"
        )


async def _withdraw(settings: "Settings", check: str, items: "list[Item]") -> bool:
    from terminal.assembly import client_of, open_ledger_desk
    from terminal.conductor.clock import Clock

    client, _ = client_of(settings)
    async with client:
        ledger_desk, delivery = open_ledger_desk(settings, client, Clock())
        try:
            return await delivery.withdraw(check, items)
        finally:
            delivery.close()
            ledger_desk.close()


async def _with_receipts(
    settings: "Settings", path: Path
) -> "LedgerIntact | LedgerBroken | ReceiptNotGenuine | ChecksMissing":
    from terminal.assembly import NotReady, client_of
    from terminal.qualification.contract import NoAnswer, Refused
    from terminal.qualification.receipts import verify_with_receipts

    client, enrolment = client_of(settings)
    async with client:
        answer = await client.audit()
    if isinstance(answer, Refused | NoAnswer):
        raise NotReady(f"The service at {settings.service.url} returned no receipts ({answer.reason}). Is it running?")
    return verify_with_receipts(path, enrolment.service_public_key, answer.receipts, answer.opened)
