"""`uketsuke demo`: run the terminal with simulated devices."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.profiles import Profile
from terminal.cli.common import (
    ConfigOption,
    VerboseOption,
    echo,
    fail,
    log_to_stderr,
    report_errors,
    settings_or_exit,
)
from terminal.cli.web import DEFAULT_PORT, NoOpenOption, PortOption

if TYPE_CHECKING:
    from config.settings import Settings
    from terminal.counter_web.web_terminal import WebTerminal

HELP = """Run the terminal with simulated cards, a synthetic patient and the service stub.

In a terminal window, it shows the patient's screen. F12 opens a dock with controls for card, camera and service. F8
opens the staff functions (password "staff"). Ctrl+Q quits.

With --auto, or without a terminal window, it plays all personas, prints the questions, answers and result files, and
ends with a table. The exit code is 1 if an outcome differs from the expected one.

With --webcam, you are the patient: your portrait is stored on a simulated card, in memory only, and compared with your
live image. This is a demonstration, not a measurement of accuracy.

Example: uketsuke demo --auto --persona face-match --json result.json
"""


def demo(
    auto: Annotated[bool, typer.Option("--auto", help="Play the personas without a screen.")] = False,
    persona: Annotated[list[str] | None, typer.Option(help="Play only this persona. Can be repeated.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the outcomes to this file as a JSON list.")] = None,
    pcsc: Annotated[bool, typer.Option("--pcsc", help="Use pcscd with its virtual reader.")] = False,
    camera: Annotated[
        str | None,
        typer.Option(help="Video file, camera (number or device path) or, with --web, `browser`."),
    ] = None,
    webcam: Annotated[bool, typer.Option("--webcam", help="Use your webcam, like --camera 0.")] = False,
    web: Annotated[bool, typer.Option("--web", help="Show the screen as a page in a browser.")] = False,
    port: PortOption = DEFAULT_PORT,
    no_open: NoOpenOption = False,
    dock_host: Annotated[
        str,
        typer.Option(help="With --web: this computer's address, where a tablet can open the dock with its code."),
    ] = "",
    profile: Annotated[
        Profile | None, typer.Option(help="Screen profile: clinic, pharmacy or qualification-only.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="URL of a separate service stub on this computer.")] = None,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
) -> None:
    settings = settings_or_exit(config, {"profile": profile.value} if profile is not None else None)
    camera = "0" if webcam and camera is None else camera
    from terminal.simulated.demo.stage import for_stage

    settings = for_stage(settings, camera)
    if web:
        raise typer.Exit(
            run_in_browser(
                settings, camera, pcsc=pcsc, service=service, port=port, open_browser=not no_open, dock_host=dock_host
            )
        )
    if not auto and json is None and not persona and sys.stdout.isatty():
        raise typer.Exit(run_on_screen(settings, camera, pcsc=pcsc, service=service))
    log_to_stderr(verbose=verbose)
    if not play_personas(settings, camera, persona or [], pcsc=pcsc, service=service, json=json):
        raise typer.Exit(1)


def play_personas(
    settings: "Settings", camera: str | None, names: list[str], *, pcsc: bool, service: str | None, json: Path | None
) -> bool:
    """Play the given personas, or all. Return False if an outcome differs from the expected one."""
    with report_errors(), ExitStack() as stack:
        import asyncio

        from terminal.assembly import face_engine
        from terminal.simulated.demo.auto import AutoDemo, as_json
        from terminal.simulated.demo.counter import DemoCounter
        from terminal.simulated.demo.readers import demo_readers
        from terminal.simulated.demo.stage import open_stage
        from terminal.simulated.demo.table import table
        from terminal.simulated.personas.cast import BY_NAME, PERSONAS

        unknown = [name for name in names if name not in BY_NAME]
        if unknown:
            fail(f"unknown persona {unknown[0]!r}. Choose one of: {', '.join(BY_NAME)}.")
        if json is not None and not json.absolute().parent.is_dir():
            fail(
                f"--json {json}: folder {json.absolute().parent} does not exist. Create it, or choose a different file."
            )
        chosen = [BY_NAME[name] for name in names] or list(PERSONAS)
        stage = open_stage(camera, face_engine(settings))
        counter = stack.enter_context(DemoCounter(settings, service_url=service, keep_cards=camera is None))
        places = stack.enter_context(demo_readers(pcsc=pcsc))
        outcomes = asyncio.run(AutoDemo(counter, places, stage, counter.settings, echo).play(chosen))
        echo(table(outcomes))
        if json is not None:
            json.write_text(as_json(outcomes), encoding="utf-8")
    return all(outcome.ok for outcome in outcomes)


def run_on_screen(settings: "Settings", camera: str | None, *, pcsc: bool, service: str | None) -> int:
    with report_errors():
        from terminal.screens.app import TerminalApp
        from terminal.screens.program import run_app
        from terminal.simulated.demo.live import LiveDemo, with_staff_password

        settings = with_staff_password(settings)
        demo = LiveDemo(settings, pcsc=pcsc, camera=camera, service_url=service)
        try:
            return run_app(TerminalApp(demo.open, settings, simulated=True), settings.state_dir / "terminal.log")
        finally:
            demo.close()


def run_in_browser(
    settings: "Settings",
    camera: str | None,
    *,
    pcsc: bool,
    service: str | None,
    port: int,
    open_browser: bool,
    dock_host: str = "",
) -> int:
    """Show the demo in a browser. Serves the pages before importing slow modules."""
    with report_errors(), ExitStack() as stack:
        from terminal.counter_web.program import patient_site, run_web
        from terminal.counter_web.serving import HOST, listen
        from terminal.simulated.demo.browser_camera import BROWSER, BrowserSource
        from terminal.simulated.demo.dock_door import dock_sites

        source = BrowserSource() if camera in (BROWSER, None) else None
        on_frame = source.put if source is not None else None
        patient = patient_site(settings, port, echo)
        dock = dock_sites(settings, port + 1 if port else 0, echo, on_frame=on_frame, second_device=dock_host)
        staff = listen(HOST, port + 2 if port else 0)
        dock[0].embed(patient)
        dock[0].allow_frame(f"http://{HOST}:{staff.getsockname()[1]}")

        def load() -> "WebTerminal":
            from terminal.simulated.demo.web_demo import WebDemo

            demo = WebDemo(settings, echo, pcsc=pcsc, camera=camera, service_url=service, source=source)
            stack.callback(demo.close)
            return demo.build(patient, dock, staff)

        return run_web(
            [patient, *dock],
            load,
            settings,
            open_browser=open_browser,
            log_file=settings.state_dir / "terminal.log",
        )
