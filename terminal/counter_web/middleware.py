"""Protection against other sites: checks host and origin, and blocks external content with headers."""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class PageMiddleware:
    """ASGI middleware that checks requests and adds security headers."""

    def __init__(
        self,
        app: ASGIApp,
        port: int,
        names: Iterable[str] = LOOPBACK_NAMES,
        *,
        camera: bool = False,
        scheme: str = "http",
    ) -> None:
        """`names` are the host names of this site. `camera` permits the page to use the browser's camera."""
        self._app = app
        self._permissions = f"camera=({'self' if camera else ''}), microphone=(), geolocation=(), usb=()"
        self._hosts = {f"{name.lower()}:{port}" for name in names}
        self._origins = {f"{scheme}://{host}" for host in self._hosts}
        self.frames = "'none'"
        """Origins that this page may embed in a frame."""
        self.framed_by = "'none'"
        """Origin that may embed this page in a frame."""

    def _policy(self) -> str:
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
            f"media-src 'self'; frame-src {self.frames}; frame-ancestors {self.framed_by}; base-uri 'none'; "
            "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if not self._is_same_site(scope):
            await _refuse(scope, receive, send)
            return

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self._policy()
                headers["permissions-policy"] = self._permissions
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, add_headers)

    def _is_same_site(self, scope: Scope) -> bool:
        """Check Host against DNS rebinding and Origin against other sites. Only GET and HEAD may omit Origin."""
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self._hosts:
            return False
        origin = headers.get("origin")
        if origin is None:
            return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        return origin.lower() in self._origins


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse("This page is available only on this computer.", status_code=403)(scope, receive, send)
