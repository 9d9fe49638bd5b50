"""`uketsuke handover`: pending results, and sample files for vendors of receipt software."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, report_errors, settings_or_exit

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.conductor.outcome import DeliveryOutcome
    from terminal.simulated.exchange.sample_files import SampleFile

HELP = """Manage result files for the receipt computer."""
app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def handover() -> None:
    """Manage result files for the receipt computer."""


@app.command()
def sample(
    person: Annotated[str | None, typer.Argument(help="Person, as listed by `uketsuke stub people`.")] = None,
    answers: Annotated[
        str, typer.Option(help="all, none, or medicines=yes,surgery=no,high-cost-limit=by-law,prescription=paper")
    ] = "all",
    write_all: Annotated[
        bool, typer.Option("--all", help="Write files that together contain every element, and list them.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Output folder. By default, a single file is written to standard output.")
    ] = None,
    shift_jis: Annotated[bool, typer.Option("--shift-jis", help="Write Shift_JIS instead of UTF-8.")] = False,
    newer_consents: Annotated[
        bool, typer.Option("--newer-consents", help="Include the consents added in 2025. Their position is inferred.")
    ] = False,
    number: Annotated[str | None, typer.Option(help="Your own patient number (照会番号) for the person.")] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="TOML file with your own people.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write a card reader result file for a person and answers.

    The content is fictitious and marked as such. Items not listed in --answers are treated as not asked about.

    Example: uketsuke handover sample elder --answers medicines=yes,diagnosis=no
    """
    if (person is None) is not write_all:
        fail("Specify either a person or --all. `uketsuke stub people` lists the people.")
    settings = settings_or_exit(config)
    with report_errors():
        from datetime import UTC, datetime

        from config.japan import JAPAN
        from terminal.handover.xml import Encoding
        from terminal.simulated.exchange.sample_files import Sample, all_files, face_file
        from terminal.simulated.service.people import fictitious_people

        people, now = fictitious_people(people_file), datetime.now(UTC).astimezone(JAPAN)
        encoding: Encoding = "Shift_JIS" if shift_jis else "UTF-8"
        institution = settings.service.institution_code
        if person is not None:
            sample_file = Sample(person, person, answers, newer_consents=newer_consents, number=number)
            file = face_file(sample_file, people, now, institution=institution, encoding=encoding)
            if folder is None:
                typer.echo(file.data, nl=False)
            else:
                _write([file], folder)
            return
        files = all_files(people, now, institution=institution, encoding=encoding)
        _write(files, folder or Path("samples"))
        _print_elements(files)


def _print_elements(files: "list[SampleFile]") -> None:
    from terminal.simulated.exchange.sample_files import files_by_element

    elements = files_by_element(files)
    missing = [name for name, containing in elements.items() if not containing]
    echo(
        f"{len(elements) - len(missing)} of {len(elements)} elements of "
        "ResultOfQualificationConfirmation are in these files."
    )
    for name in missing:
        echo(f"  missing: {name}")


@app.command()
def waiting(config: ConfigOption = None) -> None:
    """List confirmed results that were not handed over, with check, time and progress.

    Works while a terminal is running. If a handover has begun, the terminal determines whether the receipt computer has
    the result. If the folder was replaced since then, staff decide on the staff page or with `again` and `close`.

    Example: uketsuke handover waiting
    """
    settings = settings_or_exit(config)
    with report_errors():
        from consent.ledger import LedgerFile
        from terminal.assembly import ledger_path

        checks = LedgerFile(ledger_path(settings)).unfinished()
        pending = [history for history in checks if history.confirmed and not history.closed]
        for history in pending:
            progress = "held back" if history.mismatches else "begun" if history.handing_over else "not begun"
            echo(f"{history.check_id}  {history.opened.at:%Y-%m-%d %H:%M}  {progress}")
        echo(f"waiting: {len(pending)}")


@app.command()
def again(
    check: Annotated[str, typer.Argument(help="Check id, as listed by `uketsuke handover waiting`.")],
    config: ConfigOption = None,
) -> None:
    """Retry the handover of a result whose folder was lost after the handover started.

    First check that the receipt computer does not have the result. The decision is recorded in the ledger. If a
    terminal is running, use the staff page instead.

    Example: uketsuke handover again 3f9a0c
    """
    outcome = _run_decision(settings_or_exit(config), check, again=True)
    echo("handed over" if outcome.file_name else "will be handed over when the folder is writable")


@app.command()
def close(
    check: Annotated[str, typer.Argument(help="Check id, as listed by `uketsuke handover waiting`.")],
    config: ConfigOption = None,
) -> None:
    """Close a result without a handover, because the receipt computer has it or staff entered it by hand.

    The decision is recorded in the ledger. The consents remain valid and can be withdrawn. If a terminal is running,
    use the staff page instead.

    Example: uketsuke handover close 3f9a0c
    """
    _run_decision(settings_or_exit(config), check, again=False)
    echo("closed without a handover")


def _run_decision(settings: "Settings", check: str, *, again: bool) -> "DeliveryOutcome":
    with report_errors():
        import asyncio

        from consent.lifecycle import LifeCycleError
        from terminal.assembly import NotReady

        try:
            return asyncio.run(_decide(settings, check, again=again))
        except LifeCycleError as error:
            raise NotReady(str(error)) from error


async def _decide(settings: "Settings", check: str, *, again: bool) -> "DeliveryOutcome":
    from terminal.assembly import enrolled_client, open_ledger_desk
    from terminal.conductor.clock import Clock

    client, _ = enrolled_client(settings)
    async with client:
        ledger_desk, delivery = open_ledger_desk(settings, client, Clock())
        try:
            return await delivery.decide_hand_over(check, again=again)
        finally:
            delivery.close()
            ledger_desk.close()


def _write(files: "list[SampleFile]", folder: Path) -> None:
    from terminal.handover.folder import NotDelivered, ResultFolder, TargetExists

    target = ResultFolder(folder, owner="sample", create=True)
    for file in files:
        delivery = target.deliver(file.name, file.data)
        if isinstance(delivery, NotDelivered):
            fail(f"cannot write to {folder}: {delivery.reason}.")
        if isinstance(delivery, TargetExists) and not delivery.same:
            fail(f"{delivery.path} exists with different content and will not be overwritten.")
        echo(f"{folder / file.name}  {file.title}")
