"""Minimal HTTP client for load tests, because client libraries use more CPU time than the service."""

import asyncio
from typing import Any


class Connection(asyncio.Protocol):
    """HTTP/1.1 connection to localhost that sends one request at a time."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: Any = None
        self._buffer = b""
        self._response: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or self._response is None:
            return
        if self._response.done():  # the request timed out
            self._buffer = b""
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length):
            self._buffer = b""
            self._response.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._response is not None and not self._response.done():
            self._response.set_exception(ConnectionError("connection closed"))

    async def request(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        self._response = asyncio.get_running_loop().create_future()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await asyncio.wait_for(self._response, 30)

    def close(self) -> None:
        self._transport.close()
