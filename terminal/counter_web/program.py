"""The patient's page as this process's program: server, conductor, browser, and an orderly end."""

import asyncio
import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from config.platform.chosen import system
from config.settings import Settings
from terminal.assembly import NotReady
from terminal.counter_web.access import Access
from terminal.counter_web.app import create_app
from terminal.counter_web.browser import open_page
from terminal.counter_web.messages import LONGEST
from terminal.counter_web.screen import PatientScreen
from terminal.front import crash
from terminal.front.opened import Opening

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_NEW_ADDRESS_EVERY = 5.0
_WEB_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "websockets.server")

Tell = Callable[[str], None]


class WebTerminal:
    """`run` until a signal, the conductor's end or a failure. `tell` gets the address first."""

    def __init__(
        self, opening: Opening, settings: Settings, *, port: int, simulated: bool, open_browser: bool, tell: Tell
    ) -> None:
        """Takes the port. Raises `NotReady` where it is in use."""
        quiet_web_loggers()
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._opening, self._tell, self._open_browser = opening, tell, open_browser
        self.screen = PatientScreen(settings, simulated=simulated)
        self.access = Access(settings.state_dir / "web" / "patient.key", self.port)
        self._told_at = 0.0
        app = create_app(self.screen, self.access, self.port, on_refused=self._address_again)
        self.server = _Server(app)
        self._ending = asyncio.Event()

    @property
    def address(self) -> str:
        """Opens the page once, within a minute."""
        return f"http://{HOST}:{self.port}/#{self.access.new_code()}"

    async def run(self) -> int:
        asyncio.get_running_loop().set_exception_handler(crash.on_loop_error)
        address = self.address
        self._told_at = time.monotonic()
        self._tell(address)
        serving = asyncio.create_task(self.server.serve([self._listener]), name="pages")
        opening = asyncio.create_task(self._show_in_browser(address)) if self._open_browser else None
        try:
            return await self._conduct()
        finally:
            self.screen.end()
            if opening is not None:
                opening.cancel()
            self.server.should_exit = True
            await asyncio.wait({serving}, timeout=5)

    def end(self) -> None:
        """Let `run` end. From the event loop."""
        self._ending.set()

    async def _conduct(self) -> int:
        try:
            opened = await self._opening()
        except NotReady as error:
            self._tell_error(str(error))
            return 1
        self.screen.take_over(opened)
        conducting = asyncio.create_task(opened.counter.run(), name="conductor")
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait({conducting, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        opened.counter.stop()
        await asyncio.wait({conducting}, timeout=15)
        if conducting.done():
            conducting.result()
        return 0

    async def _show_in_browser(self, address: str) -> None:
        if not await asyncio.to_thread(open_page, address):
            self._tell_error(f"No browser was found here. Open this address in one on this computer: {address}")

    def _address_again(self) -> None:
        """A page stands before the closed door: whoever sits at this terminal gets an address that opens it."""
        if time.monotonic() - self._told_at > _NEW_ADDRESS_EVERY:
            self._told_at = time.monotonic()
            self._tell(self.address)

    @staticmethod
    def _tell_error(text: str) -> None:
        sys.stderr.write(f"uketsuke: {text}\n")


class _Server(uvicorn.Server):
    def __init__(self, app: object) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type]
                ws="websockets-sansio",
                ws_max_size=LONGEST,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the conductor first, and the server after it."""
        yield


def quiet_web_loggers() -> None:
    """Above any level a root logger is set to: at DEBUG they write down what a page sends, digits included."""
    for name in _WEB_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def run_web(
    opening: Opening,
    settings: Settings,
    *,
    port: int,
    simulated: bool,
    open_browser: bool,
    tell: Tell,
    log_file: Path,
) -> int:
    """Run it as this process's program: hardened, logging to a file. Returns the exit code."""
    crash.no_core_dumps()
    crash.plain_errors()
    crash.log_to(log_file)

    async def serve() -> int:
        terminal = WebTerminal(opening, settings, port=port, simulated=simulated, open_browser=open_browser, tell=tell)
        with _signals(terminal.end):
            return await terminal.run()

    try:
        return asyncio.run(serve())
    except NotReady:
        raise
    except Exception as error:
        sys.stderr.write(f"{crash.last_words(error)}\n")
        log.critical("%s", crash.last_words(error))
        crash.forget(error)
        return 1


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(16)  # a browser that is faster than the server waits instead of failing
    except OSError as error:
        listener.close()
        raise NotReady(
            f"Port {port} cannot be used for the page ({error.strerror}). "
            "Is another terminal running? Name another port with --port."
        ) from error
    return listener


@contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `end` on the event loop."""
    loop = asyncio.get_running_loop()
    for number in system.STOP_SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in system.STOP_SIGNALS:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
