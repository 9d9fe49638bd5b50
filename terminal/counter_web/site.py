"""One site on the loopback: a page, its access check, and the WebSocket between the page and its hub."""

import asyncio
import json
import logging
import mimetypes
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from terminal.counter_web.access import CODE_SECONDS, COOKIE_SECONDS, Access
from terminal.counter_web.connection import PageConnection
from terminal.counter_web.middleware import LOOPBACK_NAMES, PageMiddleware
from terminal.counter_web.serving import HOST, LONGEST, Server, listen, quiet_web_loggers

log = logging.getLogger(__name__)

SHARED = Path(__file__).with_name("page")
"""Scripts and styles every page may use, under /page."""

_REFUSED = 1008
_LONGEST_CODE = 256
_LONGEST_PICTURE = 400_000
_NEW_ADDRESS_EVERY = 5.0

Tell = Callable[[str], None]
Endpoint = Callable[[Request], Awaitable[Response]]
Sound = Callable[[str], Awaitable[bytes | None]]


class Hub(Protocol):
    """What a site's pages talk to."""

    def join(self, line: PageConnection) -> None: ...

    def leave(self, line: PageConnection) -> None: ...

    def hear(self, line: PageConnection, text: str) -> bool:
        """Return False for an invalid message: the line is cut off."""

    def address_old(self) -> list[str]:
        """The message of a page without a cookie and without a valid code."""


class Framed(Protocol):
    """A site whose page may stand in another's."""

    @property
    def origin(self) -> str: ...

    def stand_in(self, origin: str) -> None:
        """Let the pages of that origin hold this site's in a frame."""


class Site:
    """Has its port from the start; answers between `start` and `stop`.

    Its page is there before its hub: lines that are opened meanwhile wait for it.
    """

    def __init__(
        self,
        hub: Hub | None,
        page: Path,
        key_file: Path,
        port: int,
        tell: Tell,
        *,
        on_picture: Callable[[bytes], None] | None = None,
        sound: Sound | None = None,
        host: str = HOST,
        code_seconds: float = CODE_SECONDS,
    ) -> None:
        """`page`: folder with `index.html`, served under /own. Raises `NotReady` if the port is in use.

        `hub`: None if it is loaded later, and given to `lead_to`. `on_picture`: takes pictures of the browser's
        camera, which this page may use then. `sound`: gives the WAV file of a clip that the page was told to play.
        `host`: the address of this computer to answer at; `code_seconds`: how long an address opens the page.
        """
        quiet_web_loggers()
        self._listener = listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self.access = Access(key_file, self.port, code_seconds=code_seconds)
        self._hub, self._page, self._tell = hub, page, tell
        self._waiting: list[PageConnection] = []
        self._told_at = -_NEW_ADDRESS_EVERY
        self._on_picture, self._sound = on_picture, sound
        names = LOOPBACK_NAMES if host == HOST else (f"[{host}]" if ":" in host else host,)
        self._outermost = PageMiddleware(self._routes(), self.port, names, camera=on_picture is not None)
        self._name = names[0]
        self._server = Server(self._outermost)
        self._serving: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return f"http://{self._name}:{self.port}"

    @property
    def address(self) -> str:
        """Opens the page once, while its code is fresh."""
        return f"{self.origin}/#{self.access.new_code()}"

    def tell_address(self) -> str:
        """Tell the person at the terminal an address, and return it."""
        self._told_at = time.monotonic()
        address = self.address
        self._tell(address)
        return address

    def show_in_itself(self, other: "Framed") -> None:
        """Let this site's page hold the other's in a frame; no other site may."""
        self.may_hold(other.origin)
        other.stand_in(self.origin)

    def may_hold(self, origin: str) -> None:
        """The half of it that this site's page brings along."""
        if origin not in self._outermost.frames.split():
            self._outermost.frames = f"{self._outermost.frames} {origin}".removeprefix("'none' ")

    def stand_in(self, origin: str) -> None:
        self._outermost.framed_by = origin

    def lead_to(self, hub: Hub, sound: Sound | None = None) -> None:
        """`start` lets the pages in that wait."""
        self._hub, self._sound = hub, sound

    def start(self) -> None:
        """Answer. Also called when a site that answers has got its hub. From the event loop."""
        if self._serving is None:
            self._serving = asyncio.create_task(self._server.serve([self._listener]), name=f"site {self.port}")
        if self._hub is not None:
            waiting, self._waiting = self._waiting, []
            for line in waiting:
                self._hub.join(line)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=5)

    # --- routes ---------------------------------------------------------------------------------------------

    def _routes(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/door", self._door),
                Route("/enter", self._enter, methods=["POST"]),
                Route("/picture", self._picture, methods=["POST"]),
                Route("/voice/{clip}", self._voice),
                WebSocketRoute("/talk", self._talk),
                Route("/page/{name:path}", served_from(SHARED)),
                Route("/own/{name:path}", served_from(self._page)),
            ]
        )

    async def _index(self, _request: Request) -> Response:
        return FileResponse(self._page / "index.html")

    async def _door(self, request: Request) -> Response:
        """204 for a page that may open the line."""
        return Response(status_code=204) if self._admits(request) else self._refusal()

    async def _enter(self, request: Request) -> Response:
        cookie = self.access.exchange(await _code_in(request))
        if cookie is None:
            return Response(status_code=204) if self._admits(request) else self._refusal()
        response = Response(status_code=204)
        response.set_cookie(self.access.cookie_name, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    async def _picture(self, request: Request) -> Response:
        """A JPEG of the browser's camera; passed on and forgotten."""
        if self._on_picture is None or not self._admits(request):
            return Response(status_code=404)
        picture = bytearray()
        async for chunk in request.stream():
            picture += chunk
            if len(picture) > _LONGEST_PICTURE:
                return Response(status_code=413)
        self._on_picture(bytes(picture))
        return Response(status_code=204)

    async def _voice(self, request: Request) -> Response:
        """A sentence as sound, for the page that was told its number."""
        if self._sound is None or not self._admits(request):
            return Response(status_code=404)
        wav = await self._sound(request.path_params["clip"])
        return Response(wav, media_type="audio/wav") if wav else Response(status_code=204)

    async def _talk(self, socket: WebSocket) -> None:
        if not self._admits(socket):
            await socket.close(_REFUSED)
            return
        await socket.accept()
        line = PageConnection(socket)
        sending = asyncio.create_task(line.send_all())
        if self._hub is None:
            self._waiting.append(line)
        else:
            self._hub.join(line)
        try:
            await self._listen_to(socket, line)
        finally:
            self._forget(line)
            sending.cancel()

    def _forget(self, line: PageConnection) -> None:
        if line in self._waiting:
            self._waiting.remove(line)
        elif self._hub is not None:
            self._hub.leave(line)

    async def _listen_to(self, socket: WebSocket, line: PageConnection) -> None:
        """Run until the page goes, or sends an invalid message."""
        while True:
            try:
                text = await socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
                await line.close(_REFUSED)
                return
            if len(text) > LONGEST or not self._hears(line, text):
                log.warning("invalid message from a page; disconnecting it")
                await line.close(_REFUSED)
                return

    def _hears(self, line: PageConnection, text: str) -> bool:
        return self._hub is None or self._hub.hear(line, text)

    def _admits(self, connection: HTTPConnection) -> bool:
        return self.access.admits(connection.cookies.get(self.access.cookie_name))

    def _refusal(self) -> Response:
        """Give the person at this terminal an address that opens a page which was refused."""
        if self._hub is None:
            return Response(status_code=503)  # the page asks again
        if time.monotonic() - self._told_at > _NEW_ADDRESS_EVERY:
            self.tell_address()
        return JSONResponse(self._hub.address_old(), status_code=401)


def served_from(folder: Path) -> Endpoint:
    """The files of a page, read once: they are small, and a thread for each while others import is slow."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    kept = {name: (path.read_bytes(), mimetypes.guess_type(name)[0]) for name, path in files.items()}

    async def answer(request: Request) -> Response:
        content, kind = kept.get(request.path_params["name"], (None, None))
        return Response(status_code=404) if content is None else Response(content, media_type=kind)

    return answer


async def _code_in(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_CODE:
            return ""
    try:
        code = json.loads(body)
    except ValueError:
        return ""
    return code if isinstance(code, str) else ""
