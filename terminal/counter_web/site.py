"""One site: a page, its access check, and the WebSocket between the page and its hub."""

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
from terminal.counter_web.serving import HOST, MAX_MESSAGE_SIZE, Server, listen, quiet_web_loggers

log = logging.getLogger(__name__)

SHARED = Path(__file__).with_name("page")
"""Scripts and styles shared by all pages, served under /page."""

_REFUSED = 1008
_MAX_CODE_LENGTH = 256
_MAX_PICTURE_SIZE = 400_000
_NEW_ADDRESS_EVERY = 5.0

Tell = Callable[[str], None]
Endpoint = Callable[[Request], Awaitable[Response]]
Sound = Callable[[str], Awaitable[bytes | None]]


class Hub(Protocol):
    """The other end of a page's connection."""

    def join(self, line: PageConnection) -> None: ...

    def leave(self, line: PageConnection) -> None: ...

    def hear(self, line: PageConnection, text: str) -> bool:
        """Return False for an invalid message; the connection is then closed."""

    def address_old(self) -> list[str]:
        """Return the message for a page without a cookie and a valid code."""


class Framed(Protocol):
    """A site whose page another site may embed."""

    @property
    def origin(self) -> str: ...

    def allow_embedding_by(self, origin: str) -> None:
        """Allow pages of that origin to embed this site's page in a frame."""


class Site:
    """Has its port from the start; answers between `start` and `stop`.

    Its page is available before its hub; connections opened in the meantime wait for it.
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

        `hub`: None if it is loaded later and passed to `connect_hub`. `on_picture`: receives pictures of the browser's
        camera, and permits this page to use it. `sound`: returns the WAV file of a clip that the page was told to play.
        `host`: the local address to listen on; `code_seconds`: how long an address stays valid.
        """
        quiet_web_loggers()
        self._listener = listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self.access = Access(key_file, self.port, code_seconds=code_seconds)
        self._hub, self._page, self._tell = hub, page, tell
        self._waiting: list[PageConnection] = []
        self._shown_at = -_NEW_ADDRESS_EVERY
        self._on_picture, self._sound = on_picture, sound
        names = LOOPBACK_NAMES if host == HOST else (f"[{host}]" if ":" in host else host,)
        self._middleware = PageMiddleware(self._routes(), self.port, names, camera=on_picture is not None)
        self._name = names[0]
        self._server = Server(self._middleware)
        self._serving: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return f"http://{self._name}:{self.port}"

    @property
    def address(self) -> str:
        """A new address, which opens the page once while its code is valid."""
        return f"{self.origin}/#{self.access.new_code()}"

    def tell_address(self) -> str:
        """Show an address to the person at the terminal, and return it."""
        self._shown_at = time.monotonic()
        address = self.address
        self._tell(address)
        return address

    def embed(self, other: "Framed") -> None:
        """Let this site's page, and no other's, embed `other`'s page in a frame."""
        self.allow_frame(other.origin)
        other.allow_embedding_by(self.origin)

    def allow_frame(self, origin: str) -> None:
        """Let this site's page embed pages of `origin`, if they allow it too."""
        if origin not in self._middleware.frames.split():
            self._middleware.frames = f"{self._middleware.frames} {origin}".removeprefix("'none' ")

    def allow_embedding_by(self, origin: str) -> None:
        self._middleware.framed_by = origin

    def connect_hub(self, hub: Hub, sound: Sound | None = None) -> None:
        """Set the hub; `start` then connects the waiting pages."""
        self._hub, self._sound = hub, sound

    def start(self) -> None:
        """Start answering. Call it again after `connect_hub` on a site that is running. From the event loop."""
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
        """Return 204 for a page that may open the connection."""
        return Response(status_code=204) if self._admits(request) else self._refusal()

    async def _enter(self, request: Request) -> Response:
        cookie = self.access.exchange(await _code_in(request))
        if cookie is None:
            return Response(status_code=204) if self._admits(request) else self._refusal()
        response = Response(status_code=204)
        response.set_cookie(self.access.cookie_name, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    async def _picture(self, request: Request) -> Response:
        """Pass on a JPEG of the browser's camera without storing it."""
        if self._on_picture is None or not self._admits(request):
            return Response(status_code=404)
        picture = bytearray()
        async for chunk in request.stream():
            picture += chunk
            if len(picture) > _MAX_PICTURE_SIZE:
                return Response(status_code=413)
        self._on_picture(bytes(picture))
        return Response(status_code=204)

    async def _voice(self, request: Request) -> Response:
        """Return a sentence as sound, for the page that got its number."""
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
        """Run until the page disconnects or sends an invalid message."""
        while True:
            try:
                text = await socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
                await line.close(_REFUSED)
                return
            if len(text) > MAX_MESSAGE_SIZE or not self._hears(line, text):
                log.warning("invalid message from a page; disconnecting it")
                await line.close(_REFUSED)
                return

    def _hears(self, line: PageConnection, text: str) -> bool:
        return self._hub is None or self._hub.hear(line, text)

    def _admits(self, connection: HTTPConnection) -> bool:
        return self.access.admits(connection.cookies.get(self.access.cookie_name))

    def _refusal(self) -> Response:
        """Refuse a page, and show the person at the terminal a new address for it."""
        if self._hub is None:
            return Response(status_code=503)  # the page asks again
        if time.monotonic() - self._shown_at > _NEW_ADDRESS_EVERY:
            self.tell_address()
        return JSONResponse(self._hub.address_old(), status_code=401)


def served_from(folder: Path) -> Endpoint:
    """Return an endpoint for a page's files, read once: one thread per file would be slow during imports."""
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
        if len(body) > _MAX_CODE_LENGTH:
            return ""
    try:
        code = json.loads(body)
    except ValueError:
        return ""
    return code if isinstance(code, str) else ""
