"""Run the terminal user interface as the main program."""

import asyncio
import logging
from pathlib import Path

from config.platform.current import system
from terminal.front import crash
from terminal.front.log_lines import log_to
from terminal.screens.app import TerminalApp

log = logging.getLogger(__name__)


def run_app(app: TerminalApp, log_file: Path) -> int:
    """Harden the process, log to `log_file` and run `app`. Return the exit code."""
    crash.disable_core_dumps()
    crash.install_error_hooks()
    log_to(log_file, app.settings)
    app.guide.ahead = True

    async def serve() -> None:
        # on a signal, end the reception properly and restore the terminal's screen and mouse modes
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
        log.critical("%s", crash.crash_message(error))
        crash.clear_tracebacks(error)
        return 1
    return app.return_code or 0
