"""Run the terminal with its web page as the main program.

Slow imports run in a thread after the page is served and the browser is opened.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from config.platform.current import system
from config.settings import Settings
from terminal.counter_web.browser import open_page
from terminal.counter_web.site import SHARED, Site, Tell
from terminal.front import crash
from terminal.front.log_lines import log_to
from terminal.problems import ProblemCode
from terminal.readiness import NotReady

if TYPE_CHECKING:
    from terminal.counter_web.web_terminal import WebTerminal

log = logging.getLogger(__name__)


def patient_site(settings: Settings, port: int, tell: Tell) -> Site:
    """Return the patient's site, without a hub. Raises `NotReady` if the port is in use."""
    return Site(None, SHARED, settings.state_dir / "web" / "patient.key", port, tell)


def run_web(
    sites: Sequence[Site],
    load: "Callable[[], WebTerminal]",
    settings: Settings,
    *,
    open_browser: bool,
    log_file: Path,
) -> int:
    """Harden the process, log to `log_file` and run the sites. Return the exit code.

    The first of `sites` is the patient's. The addresses are printed in order, and the second one, if any, is opened in
    the browser instead of the first. `load` is called in a thread to build the terminal.
    """
    crash.disable_core_dumps()
    crash.install_error_hooks()
    log_to(log_file, settings)
    try:
        return asyncio.run(_serve(sites, load, open_browser=open_browser))
    except NotReady:
        raise
    except Exception as error:
        sys.stderr.write(f"{crash.crash_message(error)}\n")
        log.critical("%s", crash.crash_message(error))
        crash.clear_tracebacks(error)
        return 1


async def _serve(sites: Sequence[Site], load: "Callable[[], WebTerminal]", *, open_browser: bool) -> int:
    asyncio.get_running_loop().set_exception_handler(crash.on_loop_error)
    stop_requested = asyncio.Event()
    with _stop_signals(stop_requested.set):
        addresses = [site.print_address() for site in sites]
        for site in sites:
            site.start()
        opening = asyncio.create_task(_open_in_browser(addresses[min(1, len(addresses) - 1)])) if open_browser else None
        try:
            with _frequent_thread_switches():
                terminal = await asyncio.to_thread(load)
            terminal.screen.guide.ahead = True
            return await _run_until(terminal, stop_requested)
        finally:
            if opening is not None:
                opening.cancel()


async def _run_until(terminal: "WebTerminal", stop_requested: asyncio.Event) -> int:
    """Run the terminal until it ends or `stop_requested` is set, which may happen while it is loading."""
    waiting = asyncio.create_task(stop_requested.wait())
    waiting.add_done_callback(lambda done: None if done.cancelled() else terminal.end())
    try:
        return await terminal.run()
    finally:
        waiting.cancel()


@contextmanager
def _frequent_thread_switches() -> Iterator[None]:
    """Switch threads ten times as often to keep pages responsive while another thread imports modules."""
    default_interval = sys.getswitchinterval()
    sys.setswitchinterval(default_interval / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(default_interval)


async def _open_in_browser(address: str) -> None:
    if not await asyncio.to_thread(open_page, address):
        code = ProblemCode.NO_BROWSER.code
        log.warning("%s: no browser found", code)
        sys.stderr.write(
            f"uketsuke: {code}: no browser was found. Open this address in a browser on this computer: {address}\n"
        )


@contextmanager
def _stop_signals(on_signal: Callable[[], None]) -> Iterator[None]:
    """Call `on_signal` on the event loop for SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in system.STOP_SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for number in system.STOP_SIGNALS:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
