"""`uketsuke ledger`"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.settings import Settings
from terminal.cli.common import ConfigOption, plain_errors, settings_or_exit, tell

if TYPE_CHECKING:
    from consent.verification import LedgerBroken, LedgerIntact
    from terminal.qualification.receipts import ReceiptNotGenuine

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
    config: ConfigOption = None,
) -> None:
    """Tell a whole ledger from a changed one; exit code 1 names the first record that does not fit.

    A tail that was cut off is seen only with --receipts, which asks the service what it has of this terminal.

    Example: uketsuke ledger verify
    """
    settings = settings_or_exit(config)
    with plain_errors():
        from consent.verification import LedgerBroken, verify_file
        from terminal.assembly import ledger_path
        from terminal.qualification.receipts import ReceiptNotGenuine

        path = ledger_path(settings)
        found = asyncio.run(_with_receipts(settings, path)) if receipts else verify_file(path)
        if isinstance(found, ReceiptNotGenuine):
            tell(f"BROKEN  {path}\nthe receipt for check {found.check_id} is not signed by the enrolled service")
            raise typer.Exit(1)
        if isinstance(found, LedgerBroken):
            tell(f"BROKEN  {path}\nrecord {found.sequence}: {found.what}")
            raise typer.Exit(1)
        tell(f"whole  {path}\n{found.head.count} records of {found.terminal_id}, head {found.head.hash[:16]}")


@app.command()
def show(config: ConfigOption = None) -> None:
    """List the records: when, what, which check. No personal data is in them.

    Example: uketsuke ledger show
    """
    settings = settings_or_exit(config)
    with plain_errors():
        from consent.ledger import LedgerFile
        from consent.records import Decided
        from terminal.assembly import ledger_path

        for record in LedgerFile(ledger_path(settings)).records():
            event = record.event
            detail = ""
            if isinstance(event, Decided):
                flags = " ".join(f"{answer.item}={int(answer.granted)}" for answer in event.answers)
                detail = f"{event.cause}  {flags}"
            tell(f"{record.sequence:6}  {record.at:%Y-%m-%d %H:%M:%S}  {event.kind:10} {event.check_id}  {detail}")


async def _with_receipts(settings: Settings, path: Path) -> "LedgerIntact | LedgerBroken | ReceiptNotGenuine":
    from terminal.assembly import NotReady, client_of
    from terminal.qualification.contract import Refused, ServiceSilent
    from terminal.qualification.receipts import verify_with_receipts

    client, enrolment = client_of(settings)
    async with client:
        answer = await client.receipts()
    if isinstance(answer, Refused | ServiceSilent):
        raise NotReady(f"The service at {settings.service.url} gave no receipts ({answer.reason}). Is it running?")
    return verify_with_receipts(path, enrolment.service_public_key, answer)
