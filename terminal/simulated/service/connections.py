"""HTTP connections with time limits and a limited number per peer. The application can drop its connection.

uvicorn alone would wait indefinitely for an incomplete request and accept any number of connections from one peer.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from terminal.simulated.service.misbehaviour_middleware import DROP_EXTENSION

REQUEST_SECONDS = 10.0
"""Time limit for a complete request, from the start of the connection or the first byte of the request."""
HANDSHAKE_SECONDS = 5.0
"""Time limit for the TLS handshake."""
PEER_CONNECTIONS = 64
"""Maximum number of connections per remote host. A terminal uses one or two."""


class BufferedTransport:
    """A transport that sends everything written during an iteration of the event loop with a single system call.

    Without it, uvicorn would send status line, headers and body in separate packets.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        if not data:
            return
        if not self._buffer:
            self._loop.call_soon(self._send)
        self._buffer.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def abort(self) -> None:
        self._buffer.clear()
        self._transport.abort()

    def _send(self) -> None:
        if self._buffer:
            data = b"".join(self._buffer)
            self._buffer.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class LimitedProtocol(H11Protocol):
    """Closes slow and excess connections, and lets the application drop its connection."""

    _timeout: asyncio.TimerHandle | None = None
    peer: str = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(BufferedTransport(transport))  # type: ignore[arg-type]
        self.app = _with_drop(self.app, lambda flush: self.transport.close() if flush else self.transport.abort())
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        if not _is_loopback(self.peer) and self._peer_connections() > PEER_CONNECTIONS:
            transport.abort()
            return
        self._wait_for_request()

    def _peer_connections(self) -> int:
        return sum(getattr(other, "peer", None) == self.peer for other in self.connections)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        receiving = self.conn.their_state is h11.SEND_BODY
        has_partial_head = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if receiving or has_partial_head:
            self._wait_for_request()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        if self._timeout is None:
            self._timeout = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _with_drop(app: Any, drop: Callable[[bool], None]) -> Any:
    async def app_with_drop(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": {**scope.get("extensions", {}), DROP_EXTENSION: drop}}, receive, send)

    return app_with_drop
