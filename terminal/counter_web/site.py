"""Web server for a page, with access control and a WebSocket connection to the hub."""

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
_MAX_FRAME_SIZE = 400_000
_NEW_ADDRESS_INTERVAL = 5.0

Tell = Callable[[str], None]
Endpoint = Callable[[Request], Awaitable[Response]]
Sound = Callable[[str], Awaitable[bytes | None]]


class Hub(Protocol):
    """Server side of page connections."""

    def join(self, page: PageConnection) -> None: ...

    def leave(self, page: PageConnection) -> None: ...

    def hear(self, page: PageConnection, text: str) -> bool:
        """Handle a message. Return False if it is invalid, which closes the connection."""

    def refusal_texts(self) -> list[str]:
        """Return the texts for a page without a valid cookie or code."""


class Embeddable(Protocol):
    """A site whose page other sites may embed."""

    @property
    def origin(self) -> str: ...

    def allow_embedding_by(self, origin: str) -> None:
        """Allow pages of this origin to embed the site's page in a frame."""


class Site:
    """Web site on its own port.

    The port is bound on creation, and requests are answered between `start` and `stop`. Pages that connect before the
    hub is set wait for it.
    """

    def __init__(
        self,
        hub: Hub | None,
        page: Path,
        key_file: Path,
        port: int,
        tell: Tell,
        *,
        on_frame: Callable[[bytes], None] | None = None,
        sound: Sound | None = None,
        host: str = HOST,
        code_seconds: float = CODE_SECONDS,
    ) -> None:
        """Bind the port. Raises `NotReady` if it is in use.

        `hub` is None if it is set later with `connect_hub`. `page` is the folder with `index.html`, served under /own.
        `on_frame` receives JPEG frames from the browser's camera. Without it, the page is not allowed to use the
        camera. `sound` returns the WAV data of a clip. `host` is the local address to listen on. Addresses are valid
        for `code_seconds`.
        """
        quiet_web_loggers()
        self._listener = listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self.access = Access(key_file, self.port, code_seconds=code_seconds)
        self._hub, self._page, self._tell = hub, page, tell
        self._waiting_pages: list[PageConnection] = []
        self._address_printed_at = -_NEW_ADDRESS_INTERVAL
        self._on_frame, self._sound = on_frame, sound
        names = LOOPBACK_NAMES if host == HOST else (f"[{host}]" if ":" in host else host,)
        self._middleware = PageMiddleware(self._routes(), self.port, names, camera=on_frame is not None)
        self._name = names[0]
        self._server = Server(self._middleware)
        self._serving: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return f"http://{self._name}:{self.port}"

    @property
    def address(self) -> str:
        """New address that opens the page once, while its code is valid."""
        return f"{self.origin}/#{self.access.new_code()}"

    def print_address(self) -> str:
        """Print a new address for the person at the terminal, and return it."""
        self._address_printed_at = time.monotonic()
        address = self.address
        self._tell(address)
        return address

    def embed(self, other: "Embeddable") -> None:
        """Allow only this site's page to embed the page of `other` in a frame."""
        self.allow_frame(other.origin)
        other.allow_embedding_by(self.origin)

    def allow_frame(self, origin: str) -> None:
        """Allow this site's page to embed pages of `origin`, which must also allow it."""
        if origin not in self._middleware.frames.split():
            self._middleware.frames = f"{self._middleware.frames} {origin}".removeprefix("'none' ")

    def allow_embedding_by(self, origin: str) -> None:
        self._middleware.framed_by = origin

    def connect_hub(self, hub: Hub, sound: Sound | None = None) -> None:
        """Set the hub. Call `start` afterwards to connect the waiting pages."""
        self._hub, self._sound = hub, sound

    def start(self) -> None:
        """Start answering requests. Call this on the event loop, and again after `connect_hub`."""
        if self._serving is None:
            self._serving = asyncio.create_task(self._server.serve([self._listener]), name=f"site {self.port}")
        if self._hub is not None:
            pages, self._waiting_pages = self._waiting_pages, []
            for page in pages:
                self._hub.join(page)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=5)

    # --- routes ---------------------------------------------------------------------------------------------

    def _routes(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/door", self._check_access),
                Route("/enter", self._sign_in, methods=["POST"]),
                Route("/frame", self._receive_frame, methods=["POST"]),
                Route("/voice/{clip}", self._send_clip),
                WebSocketRoute("/talk", self._connect),
                Route("/page/{name:path}", serve_folder(SHARED)),
                Route("/own/{name:path}", serve_folder(self._page)),
            ]
        )

    async def _index(self, _request: Request) -> Response:
        return FileResponse(self._page / "index.html")

    async def _check_access(self, request: Request) -> Response:
        """Return 204 if the page may open the connection."""
        return Response(status_code=204) if self._is_authorised(request) else self._refusal()

    async def _sign_in(self, request: Request) -> Response:
        cookie = self.access.exchange(await _read_code(request))
        if cookie is None:
            return Response(status_code=204) if self._is_authorised(request) else self._refusal()
        response = Response(status_code=204)
        response.set_cookie(self.access.cookie_name, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    async def _receive_frame(self, request: Request) -> Response:
        """Forward a JPEG frame from the browser's camera without storing it."""
        if self._on_frame is None or not self._is_authorised(request):
            return Response(status_code=404)
        jpeg = bytearray()
        async for chunk in request.stream():
            jpeg += chunk
            if len(jpeg) > _MAX_FRAME_SIZE:
                return Response(status_code=413)
        self._on_frame(bytes(jpeg))
        return Response(status_code=204)

    async def _send_clip(self, request: Request) -> Response:
        """Return a clip as WAV data."""
        if self._sound is None or not self._is_authorised(request):
            return Response(status_code=404)
        wav = await self._sound(request.path_params["clip"])
        return Response(wav, media_type="audio/wav") if wav else Response(status_code=204)

    async def _connect(self, socket: WebSocket) -> None:
        if not self._is_authorised(socket):
            await socket.close(_REFUSED)
            return
        await socket.accept()
        page = PageConnection(socket)
        sending = asyncio.create_task(page.send_all())
        if self._hub is None:
            self._waiting_pages.append(page)
        else:
            self._hub.join(page)
        try:
            await self._listen_to(socket, page)
        finally:
            self._remove(page)
            sending.cancel()

    def _remove(self, page: PageConnection) -> None:
        if page in self._waiting_pages:
            self._waiting_pages.remove(page)
        elif self._hub is not None:
            self._hub.leave(page)

    async def _listen_to(self, socket: WebSocket, page: PageConnection) -> None:
        """Handle messages until the page disconnects or sends an invalid one."""
        while True:
            try:
                text = await socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
                await page.close(_REFUSED)
                return
            if len(text) > MAX_MESSAGE_SIZE or not self._handle(page, text):
                log.warning("invalid message from a page; closing the connection")
                await page.close(_REFUSED)
                return

    def _handle(self, page: PageConnection, text: str) -> bool:
        return self._hub is None or self._hub.hear(page, text)

    def _is_authorised(self, connection: HTTPConnection) -> bool:
        return self.access.accepts(connection.cookies.get(self.access.cookie_name))

    def _refusal(self) -> Response:
        """Refuse a page and print a new address for the person at the terminal."""
        if self._hub is None:
            return Response(status_code=503)  # the page retries
        if time.monotonic() - self._address_printed_at > _NEW_ADDRESS_INTERVAL:
            self.print_address()
        return JSONResponse(self._hub.refusal_texts(), status_code=401)


def serve_folder(folder: Path) -> Endpoint:
    """Return an endpoint that serves the files in `folder` from memory."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    contents = {name: (path.read_bytes(), mimetypes.guess_type(name)[0]) for name, path in paths.items()}

    async def answer(request: Request) -> Response:
        content, kind = contents.get(request.path_params["name"], (None, None))
        return Response(status_code=404) if content is None else Response(content, media_type=kind)

    return answer


async def _read_code(request: Request) -> str:
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
