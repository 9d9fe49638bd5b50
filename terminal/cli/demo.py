"""`uketsuke demo`"""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, VerboseOption, fail, log_to_stderr, plain_errors, settings_or_exit, tell

HELP = """The counter with everything embedded: simulated cards, a synthetic patient, the service stub.

Plays the personas one after the other, tells what was asked and answered and which result file was written, and ends
with a table. Exit code 1 if one ends otherwise than its persona says.

Example: uketsuke demo --auto --persona face-match --json result.json
"""


def demo(
    auto: Annotated[bool, typer.Option("--auto", help="Play the personas without a screen.")] = False,
    persona: Annotated[list[str] | None, typer.Option(help="Only this one. May be given several times.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the outcome as JSON: a list of objects.")] = None,
    pcsc: Annotated[bool, typer.Option("--pcsc", help="Go through the real pcscd and its virtual reader.")] = False,
    camera: Annotated[str | None, typer.Option(help="A video file instead of the synthetic camera.")] = None,
    service: Annotated[str | None, typer.Option(help="URL of a service stub elsewhere on this computer.")] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    log_to_stderr(verbose=verbose)
    settings = settings_or_exit(config)
    with plain_errors(), ExitStack() as ending:
        from terminal.demo.auto import AutoDemo, as_json
        from terminal.demo.counter import Counter
        from terminal.demo.places import card_places
        from terminal.demo.stage import open_stage
        from terminal.demo.table import table
        from terminal.personas.cast import BY_NAME, PERSONAS

        unknown = [name for name in persona or [] if name not in BY_NAME]
        if unknown:
            fail(f"there is no persona {unknown[0]!r}. Known: {', '.join(BY_NAME)}.")
        chosen = [BY_NAME[name] for name in persona] if persona else list(PERSONAS)
        counter = ending.enter_context(Counter(settings, service_url=service))
        places = ending.enter_context(card_places(pcsc=pcsc))
        stage = open_stage(camera, counter.settings.cache_dir)
        played = asyncio.run(AutoDemo(counter, places, stage, counter.settings, tell).play(chosen))
        tell(table(played))
        if json is not None:
            json.write_text(as_json(played), encoding="utf-8")
    if not all(one.ok for one in played):
        raise typer.Exit(1)
