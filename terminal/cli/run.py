"""`uketsuke run`"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.settings import Profile, Settings
from terminal.cli.common import ConfigOption, VerboseOption, fail, log_to_stderr, plain_errors, settings_or_exit, tell

if TYPE_CHECKING:
    from terminal.assembly import Devices

HELP = """The terminal on real devices: a PC/SC reader, a camera, a qualification-check service.

Its screen fills the window; --headless, a person at the prompt answers what the patient would touch. First
`uketsuke stub` in another window, then `uketsuke enrol`; with a card not issued here also `uketsuke stub adopt`.

Example: uketsuke run --profile clinic --camera 0
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
    from terminal.words.catalogue import LANGUAGES

    if language not in LANGUAGES:
        fail(f"--language {language} is unknown. Known: {', '.join(LANGUAGES)}.")
    with plain_errors():
        if headless:
            at_prompt(settings, language)
        else:
            raise typer.Exit(on_screen(settings))


def real_devices(settings: Settings) -> "Devices":
    from reader.pcsc import PcscSlot
    from terminal.assembly import Devices
    from vision.engines import open_engine
    from vision.latest import Camera
    from vision.source import open_source

    # a video file stands in for a camera without end
    source = open_source(settings.vision.camera, warm_up_frames=settings.vision.warm_up_frames, loop=True)
    engine = partial(open_engine, settings.cache_dir)
    return Devices(PcscSlot(settings.reader.name or None), None, Camera(source), engine)


def at_prompt(settings: Settings, language: str) -> None:
    from terminal.assembly import open_terminal
    from terminal.headless.prompt import PromptOperator
    from terminal.headless.runner import Headless
    from terminal.words.catalogue import words

    place = settings.profile_row.words_in(language)
    say = words(language, institution=place.institution, staff=place.staff)

    async def conduct() -> None:
        conductor = open_terminal(settings, real_devices(settings))
        await Headless(conductor, PromptOperator(say, tell)).run()

    asyncio.run(conduct())


def on_screen(settings: Settings) -> int:
    from terminal.assembly import open_terminal
    from terminal.qualification.keys import Enrolment, enrolment_path
    from terminal.screens.app import Opened, TerminalApp, run_app

    async def opening() -> Opened:
        devices = real_devices(settings)
        return Opened(await asyncio.to_thread(open_terminal, settings, devices), devices.camera)

    enrolment = Enrolment.load(enrolment_path(settings.state_dir))
    simulated = enrolment is not None and enrolment.simulated
    return run_app(TerminalApp(opening, settings, simulated=simulated), settings.state_dir / "terminal.log")
