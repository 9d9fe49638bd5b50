"""`uketsuke handover`: result files for makers of receipt software, without playing a reception."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.cli.common import ConfigOption, fail, plain_errors, settings_or_exit, tell

if TYPE_CHECKING:
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
        bool, typer.Option("--all", help="A set of files that has every element, and a table of them.")
    ] = False,
    folder: Annotated[Path | None, typer.Option(help="Write there; by default one file goes to the output.")] = None,
    shift_jis: Annotated[bool, typer.Option("--shift-jis", help="In Shift_JIS instead of UTF-8.")] = False,
    newer_consents: Annotated[
        bool, typer.Option("--newer-consents", help="With the consents of 2025; their place is inferred.")
    ] = False,
    number: Annotated[str | None, typer.Option(help="Your own patient number (照会番号) for the person.")] = None,
    people_file: Annotated[Path | None, typer.Option("--people", help="Own invented people, as TOML.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the result file of the card reader for a named person and named answers.

    Everything in it is invented and says so. What is not named in --answers was not asked and is absent.

    Example: uketsuke handover sample elder --answers medicines=yes,diagnosis=no
    """
    if (person is None) is not every:
        fail("Name a person, or --all and no person. `uketsuke stub people` lists the people.")
    settings = settings_or_exit(config)
    with plain_errors():
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
    tell(f"{len(found) - len(missing)} of {len(found)} elements of ResultOfQualificationConfirmation stand in them.")
    for name in missing:
        tell(f"  missing: {name}")


def _write(files: "list[SampleFile]", folder: Path) -> None:
    from terminal.handover.folder import AlreadyThere, NotDelivered, ResultFolder

    target = ResultFolder(folder, owner="sample", create=True)
    for file in files:
        delivery = target.deliver(file.name, file.data)
        if isinstance(delivery, NotDelivered):
            fail(f"{folder}: cannot be written ({delivery.reason}).")
        if isinstance(delivery, AlreadyThere) and not delivery.same:
            fail(f"{delivery.path}: another file of that name lies there; nothing is overwritten.")
        tell(f"{folder / file.name}  {file.title}")
