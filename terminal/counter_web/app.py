"""The routes of the patient's page: the page itself, the door, and the line that carries the talk."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from terminal.counter_web.access import COOKIE_SECONDS, Access
from terminal.counter_web.guard import Guard
from terminal.counter_web.line import Line
from terminal.counter_web.messages import LONGEST, read_message
from terminal.counter_web.screen import PatientScreen

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("page")
REFUSED, TOO_BIG = 1008, 1009
_LONGEST_CODE = 256


def create_app(screen: PatientScreen, access: Access, port: int, *, on_refused: Callable[[], None]) -> ASGIApp:
    """`on_refused`: a page came with no cookie, or with a code that is wrong, used or too old."""

    def refused() -> Response:
        on_refused()
        return JSONResponse([screen.speak(language)("web.address-old") for language in ("ja", "en")], status_code=401)

    def admitted(connection: HTTPConnection) -> bool:
        return access.admits(connection.cookies.get(access.cookie_name))

    async def index(_request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def door(request: Request) -> Response:
        """204 for a page that may open the line."""
        return Response(status_code=204) if admitted(request) else refused()

    async def enter(request: Request) -> Response:
        cookie = access.exchange(await _code_in(request))
        if cookie is None:
            return Response(status_code=204) if admitted(request) else refused()
        response = Response(status_code=204)
        response.set_cookie(access.cookie_name, cookie, max_age=COOKIE_SECONDS, httponly=True, samesite="strict")
        return response

    async def talk(socket: WebSocket) -> None:
        if not admitted(socket):
            await socket.close(REFUSED)
            return
        await socket.accept()
        line = Line(socket)
        sending = asyncio.create_task(line.send_all())
        screen.join(line)
        try:
            await _listen(socket, line, screen)
        finally:
            screen.leave(line)
            sending.cancel()

    routes = [
        Route("/", index),
        Route("/door", door),
        Route("/enter", enter, methods=["POST"]),
        WebSocketRoute("/talk", talk),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    return Guard(Starlette(routes=routes), port)


async def _listen(socket: WebSocket, line: Line, screen: PatientScreen) -> None:
    """Until the page goes, or says something that is no message."""
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
            await line.close(REFUSED)
            return
        message = read_message(text) if len(text) <= LONGEST else None
        if message is None:
            log.warning("a page sent what is no message; it is cut off")
            await line.close(REFUSED)
            return
        screen.hear(line, message)


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
