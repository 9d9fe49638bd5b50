"""`uketsuke exchange`: the folders between receipt computer and terminal, for makers of receipt software."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, VerboseOption, fail, log_to_stderr, plain_errors, settings_or_exit, tell

HELP = """Answer request files in folders, as the real devices do - for makers of receipt software.

Watches DIR/req, answers in DIR/res; DIR/face is the terminal's. Every answer is invented and says so; docs/vendors.md
tells names, elements and how to provoke errors.

Example: uketsuke exchange --folder ./OQS
"""
app = typer.Typer(help=HELP, invoke_without_command=True, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def serve_folders(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Folder that holds req, res and face; made where missing.")] = Path(
        "exchange"
    ),
    shift_jis: Annotated[bool, typer.Option("--shift-jis", help="Answer in Shift_JIS instead of UTF-8.")] = False,
    keep_requests: Annotated[
        bool, typer.Option("--keep-requests", help="Move answered requests to req/done instead of deleting them.")
    ] = False,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    log_to_stderr(verbose=verbose)
    settings = settings_or_exit(config)
    with plain_errors():
        from terminal.simulated.exchange.book import Book
        from terminal.simulated.exchange.checks import InventedChecks
        from terminal.simulated.exchange.insured import InventedInsured
        from terminal.simulated.exchange.service import ExchangeRules, ExchangeService, Folders
        from terminal.simulated.service.people import invented_people

        people = invented_people()
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        book = Book(settings.state_dir / "exchange.db")
        rules = ExchangeRules(encoding="Shift_JIS" if shift_jis else "UTF-8", keep_requests=keep_requests)
        service = ExchangeService(
            Folders.below(folder), InventedInsured(people), InventedChecks(people), book, rules=rules
        )
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        tell(f"Simulated exchange in {folder.resolve()} - stop it with Ctrl-C")
        try:
            service.run(stop)
        finally:
            book.close()


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A request or result file of yours.")]) -> None:
    """Say line by line what is wrong with a request or result file, and how sure we are of it.

    Example: uketsuke exchange check OQSsiquc01req_202611210001.xml
    """
    with plain_errors():
        from terminal.handover.check import check_file

        if not file.is_file():
            fail(f"{file}: no such file.")
        findings = check_file(file)
        tell(findings.text())
    if not findings.ok:
        raise typer.Exit(1)
