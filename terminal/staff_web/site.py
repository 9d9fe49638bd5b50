"""Staff site with its own port and cookie, protected by a password."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from terminal.conductor.secret_buffers import wipe_buffer
from terminal.counter_web.connection import PageConnection
from terminal.counter_web.middleware import LOOPBACK_NAMES, PageMiddleware
from terminal.counter_web.serving import HOST, MAX_MESSAGE_SIZE, Server, listen, quiet_web_loggers
from terminal.counter_web.site import SHARED, serve_folder
from terminal.front.password import PasswordCorrect, PasswordGate, PasswordWait
from terminal.staff_web.sessions import Level, Sessions
from terminal.words.languages import STAFF_LANGUAGES
from terminal.words.staff import page_text

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("page")
THIS_COMPUTER = "this-computer"
_REFUSED = 1008
_MAX_PASSWORD_LENGTH = 64


@dataclass(eq=False)
class Visitor:
    """Open staff page and its permissions."""

    connection: PageConnection
    cookie: str
    local: bool
    """Whether the page is on this computer."""
    language: str = "ja"
    sent: dict[str, str] = field(default_factory=dict, repr=False)
    """The last message of each kind, as JSON."""

    def clear(self) -> None:
        """Drop queued messages at the end of a session, and send everything again after the next sign-in."""
        self.connection.clear()
        for kind in [kind for kind in self.sent if kind not in ("level", "calls")]:
            del self.sent[kind]


class SiteDesk(Protocol):
    """Handler of staff page connections."""

    def join(self, visitor: Visitor) -> None: ...

    def leave(self, visitor: Visitor) -> None: ...

    def hear(self, visitor: Visitor, text: str) -> bool:
        """Handle a message. Return False if it is invalid, which closes the connection."""

    def card_photo(self, *, local: bool) -> memoryview | None:
        """Return the card photo as JPEG during a comparison, otherwise None."""

    async def look_up(self, body: bytes) -> tuple[int, dict[str, object]]:
        """Return the HTTP status and answer for a no-card form."""

    def name_image(self, reception: str) -> memoryview | None:
        """Return the name image from the card as PNG, or None if it is not available."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Address of a site. `tls`: server certificate, its key, and the authority for client certificates."""

    host: str = HOST
    port: int = 0
    names: tuple[str, ...] = LOOPBACK_NAMES
    tls: tuple[Path, Path, Path] | None = None
    listener: socket.socket | None = None
    """Socket bound to host and port."""

    @property
    def local(self) -> bool:
        return self.tls is None


class StaffSite:
    """Site that opens its port on creation and serves it after `start`. Raises NotReady if the port is in use."""

    def __init__(self, desk: SiteDesk, gate: PasswordGate, sessions: Sessions, reach: Reach) -> None:
        quiet_web_loggers()
        self._desk, self._gate, self._sessions, self._reach = desk, gate, sessions, reach
        self._listener = reach.listener or listen(reach.host, reach.port)
        self.port: int = self._listener.getsockname()[1]
        self._scheme = "http" if reach.local else "https"
        self.cookie_name = f"uketsuke-staff-{self.port}"
        names = [f"[{name}]" if ":" in name and "[" not in name else name for name in reach.names]
        self._middleware = PageMiddleware(self._routes(), self.port, names, scheme=self._scheme)
        self._server = Server(self._middleware, reach.tls)
        self._serving: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return f"{self._scheme}://{self._reach.names[0]}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/staff"

    def allow_embedding_by(self, origin: str) -> None:
        """Allow pages of `origin` to embed this one in a frame."""
        self._middleware.framed_by = origin

    def start(self) -> None:
        self._serving = asyncio.create_task(self._server.serve([self._listener]), name=f"staff {self.port}")

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=5)
        else:
            self._listener.close()

    # --- routes ---------------------------------------------------------------------------------------------

    def _routes(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._redirect),
                Route("/staff", self._index),
                Route("/staff/door", self._status),
                Route("/staff/sign-in", self._sign_in, methods=["POST"]),
                Route("/staff/words/{language}", self._text),
                Route("/staff/lock", self._lock, methods=["POST"]),
                Route("/staff/sign-out", self._sign_out, methods=["POST"]),
                Route("/staff/again", self._confirm_password, methods=["POST"]),
                Route("/staff/photo", self._photo),
                Route("/staff/name/{reception}", self._name),
                Route("/staff/look-up", self._look_up, methods=["POST"]),
                WebSocketRoute("/staff/line", self._connect),
                Route("/page/{name:path}", serve_folder(SHARED)),
                Route("/own/{name:path}", serve_folder(PAGE)),
            ]
        )

    async def _redirect(self, _request: Request) -> Response:
        return RedirectResponse("/staff")

    async def _index(self, _request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def _status(self, request: Request) -> Response:
        level = self._level(request)
        return JSONResponse({"level": level.name.lower(), "password": self._gate.enabled})

    async def _text(self, request: Request) -> Response:
        language = request.path_params["language"]
        return JSONResponse(page_text(language)) if language in STAFF_LANGUAGES else Response(status_code=404)

    async def _sign_in(self, request: Request) -> Response:
        async def signed_in() -> Response:
            response = Response(status_code=204)
            # without max-age, the browser deletes the cookie when it is closed
            cookie = self._sessions.begin()
            secure = not self._reach.local
            response.set_cookie(
                self.cookie_name, cookie, httponly=True, samesite="strict", secure=secure, path="/staff"
            )
            return response

        return await self._with_password(request, signed_in)

    async def _lock(self, request: Request) -> Response:
        self._sessions.lock(self._cookie(request))
        return Response(status_code=204)

    async def _sign_out(self, request: Request) -> Response:
        self._sessions.end(self._cookie(request))
        response = Response(status_code=204)
        response.delete_cookie(self.cookie_name, path="/staff")
        return response

    async def _confirm_password(self, request: Request) -> Response:
        """Check the password again and return a proof for one decision."""
        if self._level(request) is not Level.ACTING:
            return Response(status_code=403)

        async def send_proof() -> Response:
            self._sessions.touch(self._cookie(request))
            return JSONResponse({"proof": self._sessions.issue_proof(self._cookie(request))})

        return await self._with_password(request, send_proof)

    async def _with_password(self, request: Request, on_success: Callable[[], Awaitable[Response]]) -> Response:
        """Check the password in the request body and overwrite it. Return the response of `on_success` if correct."""
        if not self._gate.enabled:
            return Response(status_code=404)
        password = bytearray()
        async for chunk in request.stream():
            password += chunk
            if len(password) > _MAX_PASSWORD_LENGTH:
                wipe_buffer(password)
                return Response(status_code=413)
        match await asyncio.to_thread(self._gate.check, password, self._origin(request)):
            case PasswordCorrect():
                return await on_success()
            case PasswordWait(seconds=seconds):
                return JSONResponse({"wait": seconds}, status_code=429)
            case _:
                return JSONResponse({"wait": 0}, status_code=401)

    async def _photo(self, request: Request) -> Response:
        if self._level(request) is not Level.ACTING:
            return Response(status_code=403)
        return _image(self._desk.card_photo(local=self._reach.local), "image/jpeg")

    async def _name(self, request: Request) -> Response:
        if self._level(request) is not Level.ACTING:
            return Response(status_code=403)
        return _image(self._desk.name_image(request.path_params["reception"]), "image/png")

    async def _look_up(self, request: Request) -> Response:
        if self._level(request) is not Level.ACTING:
            return Response(status_code=403)
        self._sessions.touch(self._cookie(request))
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_MESSAGE_SIZE:
                return Response(status_code=413)
        status, answer = await self._desk.look_up(body)
        return JSONResponse(answer, status_code=status)

    async def _connect(self, socket: WebSocket) -> None:
        if self._level(socket) is Level.OUT:
            await socket.close(_REFUSED)
            return
        await socket.accept()
        language = socket.query_params.get("language", "")
        visitor = Visitor(PageConnection(socket), self._cookie(socket) or "", local=self._reach.local)
        visitor.language = language if language in STAFF_LANGUAGES else visitor.language
        sending = asyncio.create_task(visitor.connection.send_all())
        self._desk.join(visitor)
        try:
            await self._listen_to(socket, visitor)
        finally:
            self._desk.leave(visitor)
            sending.cancel()

    async def _listen_to(self, socket: WebSocket, visitor: Visitor) -> None:
        """Handle messages until the page disconnects or sends an invalid message."""
        while True:
            try:
                text = await socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
                break
            if len(text) > MAX_MESSAGE_SIZE or not self._desk.hear(visitor, text):
                log.warning("invalid message from a staff page; closing the connection")
                break
        with contextlib.suppress(RuntimeError):
            await visitor.connection.close(_REFUSED)

    def _cookie(self, connection: HTTPConnection) -> str | None:
        return connection.cookies.get(self.cookie_name)

    def _level(self, connection: HTTPConnection) -> Level:
        return self._sessions.level(self._cookie(connection))

    def _origin(self, request: Request) -> str:
        """Return the client address for counting wrong passwords."""
        return THIS_COMPUTER if self._reach.local else request.client.host if request.client else "unknown"


def _image(data: memoryview | None, kind: str) -> Response:
    return Response(status_code=404) if data is None else Response(data, media_type=kind)
