"""Connection to a page. Only the newest message of each kind is sent, so that slow pages stay up to date."""

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

MAX_UNDRAWN_FRAMES = 2
"""Maximum number of frames sent before the page reports one as drawn."""


class PageConnection:
    """WebSocket connection to a page. Only `send_all` and `close` block."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._queued: dict[str, dict[str, Any]] = {}
        self._frame: bytes | None = None
        self._undrawn = 0
        self._wake = asyncio.Event()

    def send(self, kind: str, **content: Any) -> None:
        """Queue a message. It replaces a queued message of the same kind."""
        self._queued.pop(kind, None)
        self._queued[kind] = {"type": kind, **content}
        self._wake.set()

    def send_frame(self, jpeg: bytes) -> None:
        self._frame = jpeg
        self._wake.set()

    def frame_drawn(self) -> None:
        self._undrawn = max(self._undrawn - 1, 0)
        self._wake.set()

    def drop_frames(self) -> None:
        """Drop the queued frame and stop waiting for sent frames to be drawn."""
        self._frame = None
        self._undrawn = 0

    def clear(self) -> None:
        """Drop all queued messages and frames."""
        self._queued.clear()
        self.drop_frames()

    async def send_all(self) -> None:
        """Send queued messages until the page disconnects."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_queued()
            except (WebSocketDisconnect, RuntimeError):  # Starlette raises either after a disconnection
                return

    async def _send_queued(self) -> None:
        while self._queued:
            kind = next(iter(self._queued))
            await self._socket.send_text(json.dumps(self._queued.pop(kind), ensure_ascii=False))
        if self._frame is not None and self._undrawn < MAX_UNDRAWN_FRAMES:
            jpeg, self._frame = self._frame, None
            self._undrawn += 1
            await self._socket.send_bytes(jpeg)

    async def close(self, code: int) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await self._socket.close(code)
            except RuntimeError:
                pass  # the page closed first
