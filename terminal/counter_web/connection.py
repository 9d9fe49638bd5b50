"""Send messages to a page. Only the newest of each kind is sent, so that slow pages stay up to date."""

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

MAX_UNDRAWN_PICTURES = 2
"""Maximum number of pictures sent before the page reports one as drawn."""


class PageConnection:
    """The connection to a page. Only `send_all` and `close` block."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: dict[str, dict[str, Any]] = {}
        self._picture: bytes | None = None
        self._undrawn = 0
        self._wake = asyncio.Event()

    def tell(self, kind: str, **content: Any) -> None:
        """Queue a message. It replaces a queued message of the same kind."""
        self._waiting.pop(kind, None)
        self._waiting[kind] = {"type": kind, **content}
        self._wake.set()

    def picture(self, jpeg: bytes) -> None:
        self._picture = jpeg
        self._wake.set()

    def picture_drawn(self) -> None:
        self._undrawn = max(self._undrawn - 1, 0)
        self._wake.set()

    def stop_pictures(self) -> None:
        """Drop the queued picture and forget pictures not reported as drawn."""
        self._picture = None
        self._undrawn = 0

    def forget(self) -> None:
        """Drop all queued messages and pictures."""
        self._waiting.clear()
        self.stop_pictures()

    async def send_all(self) -> None:
        """Send queued messages until the page disconnects."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_waiting()
            except (WebSocketDisconnect, RuntimeError):  # Starlette raises either after a disconnection
                return

    async def _send_waiting(self) -> None:
        while self._waiting:
            kind = next(iter(self._waiting))
            await self._socket.send_text(json.dumps(self._waiting.pop(kind), ensure_ascii=False))
        if self._picture is not None and self._undrawn < MAX_UNDRAWN_PICTURES:
            jpeg, self._picture = self._picture, None
            self._undrawn += 1
            await self._socket.send_bytes(jpeg)

    async def close(self, code: int) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await self._socket.close(code)
            except RuntimeError:
                pass  # the page closed first
