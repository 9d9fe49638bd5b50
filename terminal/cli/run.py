"""`uketsuke run`"""

import asyncio
from functools import partial
from typing import Annotated, Any

import typer

from config.settings import Profile
from terminal.cli.common import ConfigOption, VerboseOption, fail, log_to_stderr, plain_errors, settings_or_exit, tell

HELP = """The terminal on real devices: a PC/SC reader, a camera, a qualification-check service.

Headless, a person at the prompt answers what the patient would touch. First `uketsuke stub` in another window, then
`uketsuke enrol`; with a card that was not issued here also `uketsuke stub adopt`.

Example: uketsuke run --headless --profile clinic --camera 0
"""


def run(
    headless: Annotated[bool, typer.Option("--headless", help="Answers from a prompt instead of a screen.")] = False,
    profile: Annotated[Profile | None, typer.Option(help="clinic or pharmacy; by default as in the settings.")] = None,
    service: Annotated[str | None, typer.Option(help="URL of the service; by default service.url.")] = None,
    camera: Annotated[str | None, typer.Option(help="Number, device path or video file.")] = None,
    reader: Annotated[str | None, typer.Option(help="Number of the PC/SC reader, or a part of its name.")] = None,
    language: Annotated[str, typer.Option(help="Language of the prompt: ja or en.")] = "ja",
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    log_to_stderr(verbose=verbose)
    overrides: dict[str, Any] = {}
    for name, value in (("service.url", service), ("vision.camera", camera), ("reader.name", reader)):
        if value is not None:
            section, _, key = name.partition(".")
            overrides.setdefault(section, {})[key] = value
    if profile is not None:
        overrides["profile"] = profile.value
    settings = settings_or_exit(config, overrides)
    if not headless:
        fail("only `--headless` runs on real devices so far. Add --headless.")
    with plain_errors():
        from reader.pcsc import PcscSlot
        from terminal.assembly import Devices, open_terminal
        from terminal.headless.prompt import PromptOperator
        from terminal.headless.runner import Headless
        from terminal.words.catalogue import LANGUAGES, words
        from vision.engines import open_engine
        from vision.latest import Camera
        from vision.source import open_source

        if language not in LANGUAGES:
            fail(f"--language {language} is unknown. Known: {', '.join(LANGUAGES)}.")
        camera_source = open_source(settings.vision.camera, warm_up_frames=settings.vision.warm_up_frames, loop=True)
        engine = partial(open_engine, settings.cache_dir)
        devices = Devices(PcscSlot(settings.reader.name or None), None, Camera(camera_source), engine)
        place = settings.profile_row.words_in(language)
        say = words(language, institution=place.institution, staff=place.staff)

        async def conduct() -> None:
            conductor = open_terminal(settings, devices)
            await Headless(conductor, PromptOperator(say, tell)).run()

        asyncio.run(conduct())
