"""What is sent to one page: only the newest of each kind, so that a slow page skips messages and stays current."""

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

PICTURES_UNDER_WAY = 2
"""Pictures a page may have been sent and not yet drawn."""


class PageConnection:
    """The connection to one page. `tell` and `picture` never wait; `send_all` does."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: dict[str, dict[str, Any]] = {}
        self._picture: bytes | None = None
        self._under_way = 0
        self._wake = asyncio.Event()

    def tell(self, kind: str, **content: Any) -> None:
        """Replaces a message of this kind that still waits."""
        self._waiting.pop(kind, None)
        self._waiting[kind] = {"type": kind, **content}
        self._wake.set()

    def picture(self, jpeg: bytes) -> None:
        self._picture = jpeg
        self._wake.set()

    def picture_shown(self) -> None:
        self._under_way = max(self._under_way - 1, 0)
        self._wake.set()

    def no_picture(self) -> None:
        """Forget the picture that waits; a page draws none after this."""
        self._picture = None
        self._under_way = 0

    def forget(self) -> None:
        """Everything that waits."""
        self._waiting.clear()
        self.no_picture()

    async def send_all(self) -> None:
        """Until the page is gone."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_waiting()
            except (WebSocketDisconnect, RuntimeError):  # starlette raises both for a page that has gone
                return

    async def _send_waiting(self) -> None:
        while self._waiting:
            kind = next(iter(self._waiting))
            await self._socket.send_text(json.dumps(self._waiting.pop(kind), ensure_ascii=False))
        if self._picture is not None and self._under_way < PICTURES_UNDER_WAY:
            jpeg, self._picture = self._picture, None
            self._under_way += 1
            await self._socket.send_bytes(jpeg)

    async def close(self, code: int) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await self._socket.close(code)
            except RuntimeError:
                pass  # the page was closed first
