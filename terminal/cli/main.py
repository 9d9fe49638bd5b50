"""`uketsuke`: the face-authentication card reader terminal, from the command line."""

import resource
import sys

import typer

from terminal.cli import card, config, demo, doctor, enrol, exchange, face, ledger, pki, run, stub

app = typer.Typer(
    name="uketsuke",
    no_args_is_help=True,
    # its tracebacks print local variables, and those can be a patient's
    pretty_exceptions_enable=False,
    help=(
        "The terminal on the counter of a clinic or pharmacy: My Number Card, face or PIN, consent, qualification "
        "check, result for the receipt computer. Try `uketsuke demo --auto` first."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="demo", help=demo.HELP)(demo.demo)
app.command(name="run", help=run.HELP)(run.run)
app.command(name="doctor", help=doctor.HELP)(doctor.doctor)
app.add_typer(stub.app, name="stub")
app.add_typer(card.app, name="card")
app.add_typer(ledger.app, name="ledger")
app.add_typer(exchange.app, name="exchange")
app.add_typer(face.app, name="face")
app.add_typer(config.app, name="config")
app.command(name="enrol", help=enrol.HELP)(enrol.enrol)
app.command(name="pki", help=pki.HELP)(pki.pki)


def main() -> None:
    # a core dump would hold a patient's data
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        app()
    except Exception as error:
        # our own fatal-error path: no traceback with locals, no message that might carry data
        print(f"uketsuke: a defect in the program ({type(error).__name__}). {_place(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(70)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-4:])


if __name__ == "__main__":
    main()
