"""`uketsuke ledger`: verify, show and export the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, report_errors, settings_or_exit

if TYPE_CHECKING:
    from config.settings import Settings
    from consent.items import Item
    from consent.verification import LedgerBroken, LedgerIntact
    from terminal.qualification.receipts import ForgedReceipt, MissingChecks

app = typer.Typer(
    help="Verify, show and export the ledger, a hash chain of questions, answers, submissions and deliveries.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def verify(
    receipts: Annotated[
        bool, typer.Option("--receipts", help="Also compare with receipts from the service (service.url).")
    ] = False,
    files: Annotated[Path | None, typer.Option("--files", help="Also compare the result files in this folder.")] = None,
    config: ConfigOption = None,
) -> None:
    """Verify the ledger. If it was changed, report the first invalid record and exit with code 1.

    Truncation is only detected with --receipts, which compares the ledger with the service's receipts.
    --files verifies that the result files are unchanged and contain only granted consents.

    Example: uketsuke ledger verify
    """
    settings = settings_or_exit(config)
    with report_errors():
        import asyncio

        from consent.verification import LedgerBroken, verify_file
        from terminal.assembly import ledger_path
        from terminal.qualification.receipts import ForgedReceipt, MissingChecks

        path = ledger_path(settings)
        verified = asyncio.run(_verify_with_receipts(settings, path)) if receipts else verify_file(path)
        if isinstance(verified, ForgedReceipt):
            echo(f"BROKEN  {path}\nthe receipt for check {verified.check_id} is not signed by the enrolled service")
            raise typer.Exit(1)
        if isinstance(verified, MissingChecks):
            days = ", ".join(day.isoformat() for day in verified.days)
            echo(
                f"INCOMPLETE  {path}\nthe service opened {verified.opened} checks for this terminal, but the ledger "
                f"has {verified.recorded} ({days}): the ledger was truncated, or the terminal stopped while opening "
                "a check"
            )
            raise typer.Exit(1)
        if isinstance(verified, LedgerBroken):
            echo(f"BROKEN  {path}\nrecord {verified.sequence}: {verified.problem}")
            raise typer.Exit(1)
        echo(f"intact  {path}\n{verified.head.count} records of {verified.terminal_id}, head {verified.head.hash[:16]}")
        if files is not None:
            _compare_files(files, path)


def _compare_files(folder: Path, ledger: Path) -> None:
    from terminal.handover.audit import check_files

    try:
        report = check_files(folder, ledger)
    except OSError as error:
        fail(f"cannot read {folder}: {error.strerror}. Specify the folder with the result files.")
    for file in report.differing:
        echo(f"DIFFERS  {file.name}\n{file.description}")
    if report.differing:
        raise typer.Exit(1)
    matches = "1 result file matches" if report.files == 1 else f"{report.files} result files match"
    echo(f"{matches} the ledger: {folder}")


@app.command()
def show(config: ConfigOption = None) -> None:
    """List all records with time, kind and check. They contain no personal data.

    Example: uketsuke ledger show
    """
    settings = settings_or_exit(config)
    with report_errors():
        from consent.ledger import LedgerFile
        from consent.records import Decided
        from terminal.assembly import ledger_path

        for record in LedgerFile(ledger_path(settings)).records():
            event = record.event
            detail = ""
            if isinstance(event, Decided):
                flags = " ".join(f"{answer.item}={int(answer.granted)}" for answer in event.answers)
                detail = f"{event.cause}  {flags}"
            echo(f"{record.sequence:6}  {record.at:%Y-%m-%d %H:%M:%S}  {event.kind:18} {event.check_id}  {detail}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="New file. Existing files are not overwritten.")],
    config: ConfigOption = None,
) -> None:
    """Export all records as JSON Lines for an auditor, who can recompute the chain (docs/ledger.md).

    The records contain no personal data. The file has mode 0600.

    Example: uketsuke ledger export ledger.jsonl
    """
    settings = settings_or_exit(config)
    with report_errors():
        from consent.export import export_file
        from terminal.assembly import ledger_path

        try:
            exported = export_file(ledger_path(settings), file)
        except FileExistsError:
            fail(f"{file} exists and will not be overwritten. Choose a new file name.")
        echo(f"{exported.head.count} records of {exported.terminal_id}, head {exported.head.hash}")


@app.command()
def begin(config: ConfigOption = None) -> None:
    """Start a new ledger if the old one is lost or damaged beyond repair.

    The old ledger is renamed, and its unsent decisions will not be sent. Keep the file for the audit.

    Example: uketsuke ledger begin
    """
    settings = settings_or_exit(config)
    with report_errors():
        from datetime import datetime

        from config.japan import JAPAN
        from consent.same_ledger import set_aside
        from terminal.assembly import ledger_path

        old_ledger = set_aside(ledger_path(settings), datetime.now(JAPAN))
        echo(f"old ledger renamed to {old_ledger}" if old_ledger else "no old ledger")
        echo("the next start creates a new ledger")


@app.command()
def withdraw(
    check: Annotated[str, typer.Argument(help="Check id, as listed by `uketsuke ledger show`.")],
    item: Annotated[list[str], typer.Argument(help="Items to withdraw: SRJ, YZK, SHJ, TKK or TSR.")],
    config: ConfigOption = None,
) -> None:
    """Withdraw consents at the patient's request.

    The withdrawal is recorded and sent to the service. Without an answer, it is sent again at the next start. If a
    terminal is running, use the staff page instead.

    Example: uketsuke ledger withdraw 3f9a0c TKK
    """
    settings = settings_or_exit(config)
    with report_errors():
        import asyncio

        from consent.items import Item
        from consent.lifecycle import LifeCycleError
        from terminal.assembly import NotReady

        unknown = [name for name in item if name not in set(Item)]
        if unknown:
            fail(f"unknown item {unknown[0]}. Choose from: {', '.join(Item)}.")
        try:
            accepted = asyncio.run(_withdraw(settings, check, [Item(name) for name in item]))
        except LifeCycleError as error:
            raise NotReady(str(error)) from error
        echo("withdrawn" if accepted else "recorded; the service did not answer and will be notified at the next start")


async def _withdraw(settings: "Settings", check: str, items: "list[Item]") -> bool:
    from terminal.assembly import enrolled_client, open_ledger_desk
    from terminal.conductor.clock import Clock

    client, _ = enrolled_client(settings)
    async with client:
        ledger_desk, delivery = open_ledger_desk(settings, client, Clock())
        try:
            return await delivery.withdraw(check, items)
        finally:
            delivery.close()
            ledger_desk.close()


async def _verify_with_receipts(
    settings: "Settings", path: Path
) -> "LedgerIntact | LedgerBroken | ForgedReceipt | MissingChecks":
    from terminal.assembly import NotReady, enrolled_client
    from terminal.qualification.contract import NoAnswer, Refused
    from terminal.qualification.receipts import verify_with_receipts

    client, enrolment = enrolled_client(settings)
    async with client:
        answer = await client.audit()
    if isinstance(answer, Refused | NoAnswer):
        raise NotReady(
            f"The service at {settings.service.url} returned no receipts ({answer.reason}). Check that it is running."
        )
    return verify_with_receipts(path, enrolment.service_public_key, answer.receipts, answer.opened)
