"""`uketsuke ledger`"""

import typer

from terminal.cli.common import ConfigOption, plain_errors, settings_or_exit, tell

app = typer.Typer(
    help="The ledger: what was asked, answered, submitted and delivered, as one hash chain.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def verify(config: ConfigOption = None) -> None:
    """Tell a whole ledger from a changed one; exit code 1 names the first record that does not fit.

    Example: uketsuke ledger verify
    """
    settings = settings_or_exit(config)
    with plain_errors():
        from consent.verification import LedgerBroken, verify_file
        from terminal.assembly import ledger_path

        path = ledger_path(settings)
        found = verify_file(path)
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
