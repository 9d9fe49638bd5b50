"""`uketsuke exchange`: file exchange with receipt computers, for vendors of receipt software."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.platform.current import system
from terminal.cli.common import (
    ConfigOption,
    VerboseOption,
    echo,
    fail,
    log_to_stderr,
    report_errors,
    settings_or_exit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.settings import Settings
    from terminal.qualification.client import QualificationClient
    from terminal.simulated.exchange.service import ExchangeRules

HELP = """Answer request files in a folder like real devices, for vendors of receipt software.

Watches DIR/req and answers in DIR/res. DIR/face is for the terminal's results. All answers are fictitious and marked as
simulated. See docs/vendors.md for file names, elements and simulated errors.

Example: uketsuke exchange --folder ./OQS
"""
app = typer.Typer(help=HELP, invoke_without_command=True, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def serve_folders(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Folder with req, res and face. Created if missing.")] = Path("exchange"),
    shift_jis: Annotated[
        bool, typer.Option("--shift-jis", help="Answer in Shift_JIS instead of the request's encoding.")
    ] = False,
    utf_8: Annotated[bool, typer.Option("--utf-8", help="Answer in UTF-8 instead of the request's encoding.")] = False,
    keep_requests: Annotated[
        bool, typer.Option("--keep-requests", help="Move answered requests to req/done instead of deleting them.")
    ] = False,
    zip_bulk: Annotated[bool, typer.Option("--zip", help="Write bulk job results as ZIP files.")] = False,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place", help="Write files in place, for software that notices changed files but not new ones."
        ),
    ] = False,
    service: Annotated[
        str | None,
        typer.Option(help="Query this service about its terminals' checks and the validity of consents."),
    ] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="TOML file with your own people.")] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if shift_jis and utf_8:
        fail("--shift-jis and --utf-8 are mutually exclusive. Omit both to answer in the request's encoding.")
    log_to_stderr(verbose=verbose)
    settings = settings_or_exit(config)
    with report_errors():
        from terminal.simulated.exchange.service import ExchangeRules

        rules = ExchangeRules(
            # the service has registered this terminal with the institution's code
            institution_code=None if service is None else settings.service.institution_code,
            encoding="Shift_JIS" if shift_jis else "UTF-8" if utf_8 else None,
            keep_requests=keep_requests,
            in_place=in_place,
            zip_bulk=zip_bulk,
        )
        _answer_until_stopped(folder, settings, rules, people_file, service)


def _answer_until_stopped(
    folder: Path, settings: "Settings", rules: "ExchangeRules", people_file: Path | None, service: str | None
) -> None:
    from config.garbage_collection import resume
    from terminal.simulated.exchange.opening import open_exchange

    resume()
    open_client = None if service is None else enrolled_client_opener(settings, service)
    exchange, store = open_exchange(folder, settings.state_dir, rules, people_file=people_file, open_client=open_client)
    stop = threading.Event()
    system.on_stop(stop.set)
    echo(f"Simulated exchange in {folder.resolve()}. Press Ctrl-C to stop.")
    try:
        exchange.run(stop)
    finally:
        store.close()


def enrolled_client_opener(settings: "Settings", url: str) -> "Callable[[], QualificationClient]":
    """Return a function that opens a client for the service at `url`. Raises NotReady if not enrolled."""
    from config.settings import ServiceSettings
    from terminal.assembly import enrolled_client

    service = ServiceSettings.model_validate(settings.service.model_dump() | {"url": url})
    settings = settings.model_copy(update={"service": service})
    enrolled_client(settings)  # fail before the first request arrives
    return lambda: enrolled_client(settings)[0]


@app.command()
def check(file: Annotated[Path, typer.Argument(help="Request or result file.")]) -> None:
    """Check a request or result file and list the problems by line, with a confidence level.

    Example: uketsuke exchange check OQSsiquc01req_202611210001.xml
    """
    with report_errors():
        from terminal.handover.check import check_file

        if not file.is_file():
            fail(f"{file} does not exist.")
        findings = check_file(file)
        echo(findings.text())
    if not findings.ok:
        raise typer.Exit(1)


@app.command()
def conform(
    folder: Annotated[Path, typer.Option(help="Folder with req, res and face that your software watches.")],
    report: Annotated[Path, typer.Option(help="HTML report. A JSON file is written next to it.")] = Path("report.html"),
    product: Annotated[str, typer.Option(help="Name and version of your software, for the report.")] = "-",
    quick: Annotated[bool, typer.Option("--quick", help="Use short timeouts, for automated software.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Play only the case with this key. Can be repeated.")] = None,
    show: Annotated[bool, typer.Option("--list", help="List the cases and exit.")] = False,
) -> None:
    """Test your receipt software with a day of forty cases and write a report.

    Writes results and answers to the folders, prints your tasks here and in DIR/tasks, watches which files your
    software removes, and compares its exports in DIR/export. See docs/vendors.md. Without exports, only cases that are
    visible in the folders are judged.

    Example: uketsuke exchange conform --folder ./OQS --report report.html --product "MyEMR 3.2"
    """
    with report_errors():
        from datetime import UTC, datetime

        from config.japan import JAPAN
        from terminal.simulated.conformance.bench import QUICK, REAL
        from terminal.simulated.conformance.day import run_cases
        from terminal.simulated.conformance.model import Verdict, cases
        from terminal.simulated.conformance.report import write_report

        if show:
            for case in cases():
                echo(f"{case.key:22} {case.title.ja} / {case.title.en}")
            return
        if not report.parent.is_dir():
            fail(f"folder {report.parent} does not exist. Create it, or choose a different --report.")
        outcomes = run_cases(
            folder,
            QUICK if quick else REAL,
            only=only or (),
            on_instruction=lambda text: echo(f"      {text.ja} / {text.en}"),
            on_outcome=lambda outcome: echo(f"{outcome.verdict:10} {outcome.case.key:22} {outcome.seconds:6.1f} s"),
        )
        json_report = write_report(outcomes, report, datetime.now(UTC).astimezone(JAPAN), product)
        failed = sum(outcome.verdict is Verdict.FAILED for outcome in outcomes)
        not_judged = sum(outcome.verdict is Verdict.NOT_JUDGED for outcome in outcomes)
        passed = len(outcomes) - failed - not_judged
        echo(f"{passed} passed, {failed} failed, {not_judged} not judged: {report}, {json_report}")
    if failed:
        raise typer.Exit(1)


@app.command()
def client(
    folder: Annotated[Path, typer.Option(help="Folder with req, res and face.")],
    fault: Annotated[list[str] | None, typer.Option(help="Simulate this fault, or `all`. Can be repeated.")] = None,
) -> None:
    """Run a small reference implementation of receipt software, correct or with faults, until Ctrl-C.

    It processes results and tasks and writes exports, so that you can try `conform` without your own software.

    Example: uketsuke exchange client --folder ./OQS --fault merges-by-name
    """
    with report_errors():
        from terminal.simulated.conformance.bench import create_folders
        from terminal.simulated.conformance.client import Client
        from terminal.simulated.conformance.faults import SoftwareFault

        known = [software_fault.value for software_fault in SoftwareFault]
        chosen = known if "all" in (fault or []) else fault or []
        if unknown := [name for name in chosen if name not in known]:
            fail(f"unknown fault {', '.join(unknown)}. Choose from: {', '.join(known)}, all.")
        create_folders(folder)
        stop = threading.Event()
        system.on_stop(stop.set)
        echo(f"Receipt software in {folder.resolve()}, {len(chosen)} faults. Press Ctrl-C to stop.")
        Client(folder, [SoftwareFault(name) for name in chosen]).run(stop)
