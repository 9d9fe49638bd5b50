"""`uketsuke`: command-line interface of the face-authentication card reader terminal."""

from typing import Annotated

import typer

from config.version import VERSION
from terminal.cli import (
    backup,
    card,
    config,
    demo,
    doctor,
    enrol,
    exchange,
    face,
    handover,
    ledger,
    pki,
    prune,
    run,
    setup,
    staff,
    stub,
    voice,
)
from terminal.cli.common import echo

app = typer.Typer(
    name="uketsuke",
    no_args_is_help=True,
    # Typer's tracebacks print local variables, which may contain patient data
    pretty_exceptions_enable=False,
    help=(
        "Face-authentication card reader terminal for clinics and pharmacies: My Number Card, face or PIN, consent, "
        "qualification check, and result for the receipt computer. Try `uketsuke demo --auto` first."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="demo", help=demo.HELP)(demo.demo)
app.command(name="run", help=run.HELP)(run.run)
app.command(name="doctor", help=doctor.HELP)(doctor.doctor)
app.command(name="setup", help=setup.HELP)(setup.setup)
app.command(name="backup", help=backup.BACKUP_HELP)(backup.backup)
app.command(name="restore", help=backup.RESTORE_HELP)(backup.restore)
app.command(name="prune", help=prune.HELP)(prune.prune)
app.add_typer(stub.app, name="stub")
app.add_typer(card.app, name="card")
app.add_typer(ledger.app, name="ledger")
app.add_typer(exchange.app, name="exchange")
app.add_typer(handover.app, name="handover")
app.add_typer(face.app, name="face")
app.add_typer(voice.app, name="voice")
app.add_typer(config.app, name="config")
app.add_typer(staff.app, name="staff")
app.command(name="enrol", help=enrol.HELP)(enrol.enrol)
app.command(name="pki", help=pki.HELP)(pki.pki)


def _show_version(requested: bool) -> None:
    if requested:
        echo(f"uketsuke {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Handle options that precede the command."""
