"""`uketsuke run`: run the terminal on real devices."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.profiles import Profile
from terminal.cli.common import (
    ConfigOption,
    VerboseOption,
    echo,
    fail,
    log_to_stderr,
    report_errors,
    require_known_language,
    settings_or_exit,
)
from terminal.cli.web import DEFAULT_PORT, NoOpenOption, PortOption

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from config.settings import Settings
    from reader.link import CardSlot
    from terminal.assembly import Devices
    from terminal.conductor.code_camera import CodeCamera
    from terminal.conductor.conductor import Conductor
    from terminal.counter_web.web_terminal import WebTerminal
    from vision.camera import Camera
    from vision.sources.protocol import FrameSource

HELP = """Run the terminal on real devices: a PC/SC reader, a camera, a qualification-check service.

The screen fills the terminal window. With --web, it is a page in a browser on this computer. With --headless, answers
are typed at a prompt. First run `uketsuke stub` in another window and `uketsuke enrol`. For cards not issued by
`uketsuke card`, also run `uketsuke stub adopt`.

Example: uketsuke run --profile clinic --camera 0
"""


def run(
    headless: Annotated[
        bool, typer.Option("--headless", help="Read answers from a prompt instead of a screen.")
    ] = False,
    web: Annotated[bool, typer.Option("--web", help="Show the screen as a page in a browser.")] = False,
    port: PortOption = DEFAULT_PORT,
    no_open: NoOpenOption = False,
    address_file: Annotated[
        Path | None,
        typer.Option(help="With --web: write the page address to this file, for a kiosk in this user's group."),
    ] = None,
    profile: Annotated[
        Profile | None,
        typer.Option(help="Profile: clinic, pharmacy or qualification-only. Default: from the settings."),
    ] = None,
    service: Annotated[str | None, typer.Option(help="URL of the service. Default: service.url.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera number, device path or video file.")] = None,
    reader: Annotated[str | None, typer.Option(help="Number of the PC/SC reader, or part of its name.")] = None,
    language: Annotated[str, typer.Option(help="Prompt language: ja or en.")] = "ja",
    card_trace: Annotated[
        Path | None,
        typer.Option(help="File for a masked trace of card commands. Not available with a real service."),
    ] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    if address_file is not None and not web:
        fail("--address-file requires --web.")
    log_to_stderr(verbose=verbose)
    overrides: dict[str, Any] = {}
    for name, value in (("service.url", service), ("vision.camera", camera), ("reader.name", reader)):
        if value is not None:
            section, _, key = name.partition(".")
            overrides.setdefault(section, {})[key] = value
    if profile is not None:
        overrides["profile"] = profile.value
    settings = settings_or_exit(config, overrides)
    log_to_stderr(verbose=verbose, settings=settings)
    require_known_language(language)
    with report_errors(), open_trace(card_trace) as write:
        if headless:
            run_at_prompt(settings, language, write)
        elif web:
            raise typer.Exit(
                run_in_browser(
                    settings, write, port=port, open_browser=not no_open, announce=address_announcer(address_file)
                )
            )
        else:
            raise typer.Exit(run_on_screen(settings, write))


Write = Callable[[str], None]


@contextmanager
def open_trace(path: Path | None) -> Iterator[Write | None]:
    if path is None:
        yield None
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        yield lambda line: print(f"{datetime.now():%H:%M:%S.%f}  {line}", file=file, flush=True)


def is_simulated(settings: "Settings") -> bool:
    from terminal.qualification.keys import Enrolment, enrolment_path

    enrolment = Enrolment.load(enrolment_path(settings.state_dir))
    return enrolment is not None and enrolment.simulated


def open_devices(settings: "Settings", write: Write | None) -> "Devices":
    from reader.pcsc_slot import PcscSlot
    from terminal.assembly import Devices, face_engine
    from vision.camera import Camera
    from vision.open_frame_source import open_source

    refuse_debugging(settings)
    # a video file that replaces a camera is played in a loop
    source = open_source(settings.vision.camera, warm_up_frames=settings.vision.warm_up_frames, loop=True)
    refuse_simulated_camera(settings, source)
    engine = face_engine(settings)
    slot: CardSlot = PcscSlot(settings.reader.name or None, phone=settings.reader.phone or None)
    if write is not None:
        slot = traced_slot(slot, write, production=not is_simulated(settings))
    camera = Camera(source, keep_open=settings.vision.keep_open)
    return Devices(slot, code_camera(settings, camera), camera, engine)


def code_camera(settings: "Settings", face_camera: "Camera") -> "CodeCamera | None":
    """Return the camera that reads the printed code: the face camera or a separate one.

    Return None if the settings disable this or the recogniser is not installed.
    """
    from terminal.conductor.code_camera import CodeCamera
    from vision.camera import Camera
    from vision.open_frame_source import open_source
    from vision.printed.model import NoRecogniser, recogniser_path

    if not settings.vision.read_card_front:
        return None
    try:
        recogniser_path()
    except NoRecogniser as error:
        log.warning("reading the printed code with the camera is disabled: %s", error)
        return None
    if not settings.vision.card_camera:
        return CodeCamera(face_camera)
    source = open_source(settings.vision.card_camera, warm_up_frames=settings.vision.warm_up_frames, loop=True)
    return CodeCamera(Camera(source, keep_open=settings.vision.keep_open), is_separate=True)


def refuse_debugging(settings: "Settings") -> None:
    """Raise NotReady if UKETSUKE_DEBUG is set and a real card or a real service is in use."""
    from config.debugging import VARIABLE, debugging
    from reader.reader_names import is_virtual
    from terminal.assembly import NotReady

    if debugging() and not (is_virtual(settings.reader.name) and is_simulated(settings)):
        raise NotReady(
            f"{VARIABLE} prints error messages, which may quote card data. It requires a simulated card "
            '(reader.name = "Virtual PCD*") and the service stub. Unset it.'
        )


def refuse_simulated_camera(settings: "Settings", source: "FrameSource") -> None:
    """Raise NotReady for a virtual camera or video file, or if the settings allow them with a real service."""
    from terminal.assembly import NotReady
    from terminal.problems import ProblemCode
    from vision.sources.protocol import SourceKind

    if settings.vision.simulated_camera:
        if not is_simulated(settings):
            raise NotReady(
                "vision.simulated_camera is set, but this terminal is not enrolled with the service stub. "
                "Unset it and set vision.camera to a real camera."
            )
    elif source.kind is not SourceKind.CAMERA:
        raise NotReady(
            f"{ProblemCode.VIRTUAL_CAMERA.code}: {source.name} is {source.kind}, which can be fed arbitrary images. "
            "Set vision.camera to a real camera, or set vision.simulated_camera to try the terminal with the service "
            "stub."
        )


def traced_slot(slot: "CardSlot", write: Write, *, production: bool) -> "CardSlot":
    from reader.trace import TracedSlot, TraceRefused
    from terminal.assembly import NotReady

    try:
        return TracedSlot(slot, write, production=production)
    except TraceRefused as error:
        raise NotReady(f"{error}, enrolled with the service stub.") from error


def run_at_prompt(settings: "Settings", language: str, write: Write | None) -> None:
    import asyncio

    from terminal.assembly import open_terminal, session_rules
    from terminal.headless.prompt import PromptOperator
    from terminal.headless.runner import HeadlessTerminal
    from terminal.monitoring.exposition import serve_metrics
    from terminal.words.catalogue import speaker

    async def run_terminal() -> None:
        speak = speaker(settings)
        rules = session_rules(settings, first_language=language)
        conductor = open_terminal(settings, open_devices(settings, write), rules=rules)
        serve_metrics(conductor, settings)
        await HeadlessTerminal(conductor, PromptOperator(speak, echo), speak).run()

    asyncio.run(run_terminal())


def monitored_terminal(settings: "Settings", devices: "Devices") -> "Conductor":
    """Open the terminal and serve its metrics if the settings enable them."""
    from terminal.assembly import open_terminal
    from terminal.monitoring.exposition import serve_metrics

    conductor = open_terminal(settings, devices)
    serve_metrics(conductor, settings)
    return conductor


def run_on_screen(settings: "Settings", write: Write | None) -> int:
    import asyncio

    from terminal.front.assembled import AssembledCounter
    from terminal.screens.app import TerminalApp
    from terminal.screens.program import run_app

    async def open_counter() -> AssembledCounter:
        devices = open_devices(settings, write)
        return AssembledCounter(await asyncio.to_thread(monitored_terminal, settings, devices), devices.camera)

    return run_app(
        TerminalApp(open_counter, settings, simulated=is_simulated(settings)), settings.state_dir / "terminal.log"
    )


def address_announcer(file: Path | None) -> Write:
    """Return a function that prints an address and writes it to `file` if that is not None."""
    if file is None:
        return echo

    def announce(address: str) -> None:
        from config.files import write_atomically

        echo(address)
        write_atomically(file, f"{address}\n".encode("ascii"))
        file.chmod(0o640)

    return announce


def run_in_browser(
    settings: "Settings", write: Write | None, *, port: int, open_browser: bool, announce: Write = echo
) -> int:
    """Show the terminal in a browser. Serves the page before importing slow modules."""
    from terminal.counter_web.program import patient_site, run_web

    site = patient_site(settings, port, announce)

    def load() -> "WebTerminal":
        import asyncio

        from terminal.counter_web.web_terminal import WebTerminal
        from terminal.front.assembled import AssembledCounter
        from terminal.staff_web.pages import StaffPages

        async def open_counter() -> AssembledCounter:
            devices = await asyncio.to_thread(open_devices, settings, write)
            conductor = await asyncio.to_thread(monitored_terminal, settings, devices)
            return AssembledCounter(conductor, devices.camera, card_camera=separate_card_camera(devices))

        staff = StaffPages(settings, port + 2 if port else 0, echo, lan=True)
        return WebTerminal(open_counter, settings, site, simulated=is_simulated(settings), staff=staff)

    log_file = settings.state_dir / "terminal.log"
    return run_web([site], load, settings, open_browser=open_browser, log_file=log_file)


def separate_card_camera(devices: "Devices") -> "Camera | None":
    """Return the separate camera for card fronts, or None if the face camera is used."""
    from terminal.conductor.code_camera import CodeCamera

    scanner = devices.scanner
    return scanner.camera if isinstance(scanner, CodeCamera) and scanner.camera is not devices.camera else None
