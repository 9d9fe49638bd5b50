"""Connections to the service: limited in time and number, and droppable by the application.

uvicorn itself waits indefinitely for the rest of a request, and accepts any number of connections from one peer.
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
"""For a complete request, from the start of the connection or the first byte of the request."""
HANDSHAKE_SECONDS = 5.0
"""For the TLS handshake, before the peer is known."""
PEER_CONNECTIONS = 64
"""Simultaneous connections from one other computer; a terminal uses one or two."""


class Corked:
    """A transport that sends everything written in one iteration of the event loop with one system call.

    uvicorn writes status line, headers and body separately, which would send each in its own packet.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        if not data:
            return
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def abort(self) -> None:
        self._waiting.clear()
        self._transport.abort()

    def _send(self) -> None:
        if self._waiting:
            together = b"".join(self._waiting)
            self._waiting.clear()
            self._transport.write(together)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Bounded(H11Protocol):
    """Closes connections that are too slow or too many, and lets the application drop its own."""

    _too_slow: asyncio.TimerHandle | None = None
    peer: str = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Corked(transport))  # type: ignore[arg-type]
        self.app = _with_drop(self.app, lambda gently: self.transport.close() if gently else self.transport.abort())
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        if not _is_here(self.peer) and self._peer_connections() > PEER_CONNECTIONS:
            transport.abort()
            return
        self._wait_for_request()

    def _peer_connections(self) -> int:
        return sum(getattr(other, "peer", None) == self.peer for other in self.connections)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        receiving = self.conn.their_state is h11.SEND_BODY
        begun = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if receiving or begun:
            self._wait_for_request()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        if self._too_slow is None:
            self._too_slow = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None


def _is_here(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _with_drop(app: Any, drop: Callable[[bool], None]) -> Any:
    async def dropping(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": {**scope.get("extensions", {}), DROP_EXTENSION: drop}}, receive, send)

    return dropping
