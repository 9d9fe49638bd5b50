"""ASGI middleware that limits request bodies, hides failure details and marks every answer as simulated."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.debugging import raised_at
from terminal.qualification.contract import SIMULATED_HEADER

MAX_BODY = 64 * 1024
"""Maximum size of a request in bytes. Opening a check by face takes about 6,000."""

_log = logging.getLogger(__name__)


class ServiceMiddleware:
    """The outermost middleware. A failure results in an empty 500; only its type and location are logged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                marks = [(SIMULATED_HEADER.lower().encode(), b"1"), (b"cache-control", b"no-store")]
                message = {**message, "headers": [*message.get("headers", []), *marks]}
            await send(message)

        status = _refused_length(scope)
        if status is not None:
            await _send_empty(send_marked, status)
            return
        try:
            await self._app(scope, receive, send_marked)
        except Exception as error:  # its text may contain parts of the request
            _log.error("%s in %s", type(error).__name__, raised_at(error))
            if not started:
                await _send_empty(send_marked, 500)


def _refused_length(scope: Scope) -> int | None:
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return 411
    length = headers.get(b"content-length", b"0")
    return 413 if not length.isdigit() or int(length) > MAX_BODY else None


async def _send_empty(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
