"""`uketsuke handover`: results waiting for the receipt computer, and sample files for its makers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, install_error_hooks, settings_or_exit, tell

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.conductor.outcome import DeliveryOutcome
    from terminal.simulated.exchange.sample_files import SampleFile

HELP = """Result files for the receipt computer."""
app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def handover() -> None:
    """Result files for the receipt computer."""


@app.command()
def sample(
    person: Annotated[str | None, typer.Argument(help="Invented person; `uketsuke stub people` lists them.")] = None,
    answers: Annotated[
        str, typer.Option(help="all, none, or medicines=yes,surgery=no,high-cost-limit=by-law,prescription=paper")
    ] = "all",
    every: Annotated[
        bool, typer.Option("--all", help="Write files that together have every element, and list them.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Folder to write to; by default a single file goes to standard output.")
    ] = None,
    shift_jis: Annotated[bool, typer.Option("--shift-jis", help="Write Shift_JIS instead of UTF-8.")] = False,
    newer_consents: Annotated[
        bool, typer.Option("--newer-consents", help="Include the consents of 2025; their place is inferred.")
    ] = False,
    number: Annotated[str | None, typer.Option(help="Your own patient number (照会番号) for the person.")] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="Your own invented people, as TOML.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the card reader's result file for a given person and given answers.

    Everything in it is invented and marked as such. Items missing from --answers count as not asked and are left out.

    Example: uketsuke handover sample elder --answers medicines=yes,diagnosis=no
    """
    if (person is None) is not every:
        fail("Name a person, or use --all without one. `uketsuke stub people` lists the people.")
    settings = settings_or_exit(config)
    with install_error_hooks():
        from datetime import UTC, datetime

        from config.japan import JAPAN
        from terminal.handover.xml import Encoding
        from terminal.simulated.exchange.sample_files import Sample, all_files, face_file
        from terminal.simulated.service.people import invented_people

        people, now = invented_people(people_file), datetime.now(UTC).astimezone(JAPAN)
        encoding: Encoding = "Shift_JIS" if shift_jis else "UTF-8"
        institution = settings.service.institution_code
        if person is not None:
            asked = Sample(person, person, answers, newer_consents=newer_consents, number=number)
            file = face_file(asked, people, now, institution=institution, encoding=encoding)
            if folder is None:
                typer.echo(file.data, nl=False)
            else:
                _write([file], folder)
            return
        files = all_files(people, now, institution=institution, encoding=encoding)
        _write(files, folder or Path("samples"))
        _tell_elements(files)


def _tell_elements(files: "list[SampleFile]") -> None:
    from terminal.simulated.exchange.sample_files import elements_of

    found = elements_of(files)
    missing = [name for name, having in found.items() if not having]
    tell(
        f"{len(found) - len(missing)} of {len(found)} elements of ResultOfQualificationConfirmation are in these files."
    )
    for name in missing:
        tell(f"  missing: {name}")


@app.command()
def waiting(config: ConfigOption = None) -> None:
    """List the results that are confirmed but not handed over: check, time and progress.

    Works while a terminal is running. "begun": the terminal finds out whether the receipt computer has the result,
    unless the folder was replaced since the hand-over began. Then staff decide, on their page or with `again` and
    `close`.

    Example: uketsuke handover waiting
    """
    settings = settings_or_exit(config)
    with install_error_hooks():
        from consent.ledger import LedgerFile
        from terminal.assembly import ledger_path

        found = [one for one in LedgerFile(ledger_path(settings)).unfinished() if one.confirmed and not one.closed]
        for history in found:
            how_far = "held back" if history.mismatches else "begun" if history.handing_over else "not begun"
            tell(f"{history.check_id}  {history.opened.at:%Y-%m-%d %H:%M}  {how_far}")
        tell(f"waiting: {len(found)}")


@app.command()
def again(
    check: Annotated[str, typer.Argument(help="The check's id, as `uketsuke handover waiting` lists it.")],
    config: ConfigOption = None,
) -> None:
    """Hand over a result again if its folder was lost after the hand-over had begun.

    First check that the receipt computer does not have it, or it gets it twice. The decision is recorded in the ledger.
    Works only while no terminal uses this ledger; if one is running, use the staff page.

    Example: uketsuke handover again 3f9a0c
    """
    outcome = _decided(settings_or_exit(config), check, again=True)
    tell("handed over" if outcome.file_name else "it will be handed over as soon as the folder can be written")


@app.command()
def close(
    check: Annotated[str, typer.Argument(help="The check's id, as `uketsuke handover waiting` lists it.")],
    config: ConfigOption = None,
) -> None:
    """Close a result without handing it over: the receipt computer has it, or it is entered by hand.

    The decision is recorded in the ledger; the consents stay valid and can be withdrawn. Works only while no terminal
    uses this ledger; if one is running, use the staff page.

    Example: uketsuke handover close 3f9a0c
    """
    _decided(settings_or_exit(config), check, again=False)
    tell("closed; it will not be handed over")


def _decided(settings: "Settings", check: str, *, again: bool) -> "DeliveryOutcome":
    with install_error_hooks():
        import asyncio

        from consent.lifecycle import LifeCycleError
        from terminal.assembly import NotReady

        try:
            return asyncio.run(_decide(settings, check, again=again))
        except LifeCycleError as error:
            raise NotReady(str(error)) from error


async def _decide(settings: "Settings", check: str, *, again: bool) -> "DeliveryOutcome":
    from terminal.assembly import client_of, open_ledger_desk
    from terminal.conductor.clock import Clock

    client, _ = client_of(settings)
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
            fail(f"{folder}: cannot be written ({delivery.reason}).")
        if isinstance(delivery, TargetExists) and not delivery.same:
            fail(f"{delivery.path}: a different file of that name exists and is not overwritten.")
        tell(f"{folder / file.name}  {file.title}")
