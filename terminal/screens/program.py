"""Run the terminal's screen as the program of this process."""

import asyncio
import logging
from pathlib import Path

from config.platform.chosen import system
from terminal.front import crash
from terminal.front.log_lines import log_to
from terminal.screens.app import TerminalApp

log = logging.getLogger(__name__)


def run_app(app: TerminalApp, log_file: Path) -> int:
    """Run it as this process's program: hardened, logging to a file. Returns the exit code."""
    crash.no_core_dumps()
    crash.plain_errors()
    log_to(log_file, app.settings)
    app.guide.ahead = True

    async def serve() -> None:
        # Leaves the terminal's other screen and mouse mode, and ends the reception, instead of dying in the middle.
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(app.exit, 0)

        system.on_stop(stop)
        try:
            await app.run_async()
        finally:
            await app.end()

    try:
        asyncio.run(serve())
    except Exception as error:
        log.critical("%s", crash.last_words(error))
        crash.forget(error)
        return 1
    return app.return_code or 0
