"""Clients that connect and send nothing or half a request are disconnected; others are served meanwhile."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from terminal.qualification.pki import SERVER, create_tls_files, tls_files
from terminal.simulated.service import connections
from terminal.simulated.service.server import StubServer, open_service

HEAD = b"POST /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    one = StubServer(open_service(tmp_path, in_memory=True))
    one.start()
    yield one
    one.close()


def connect(server: StubServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), timeout=60)


def is_closed(line: socket.socket) -> bool:
    """Wait until the server closes the connection."""
    with contextlib.suppress(ConnectionResetError):
        while line.recv(4096):
            pass
    return True


def served(server: StubServer) -> bool:
    """Wait until another client is served; the server notices a closed connection a moment later."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with connect(server) as line, contextlib.suppress(OSError):
            line.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
            if line.recv(12) == b"HTTP/1.1 405":
                return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "sent", [b"", HEAD[:20], HEAD + b"Content-Length: 10\r\n\r\nhalf"], ids=["nothing", "half a head", "half a body"]
)
def test_an_incomplete_request_is_disconnected(server: StubServer, sent: bytes) -> None:
    with connect(server) as line:
        line.sendall(sent)
        assert httpx.get(f"{server.url}/openapi.json").status_code == 200
        assert is_closed(line)


def test_a_connection_stays_open_after_a_complete_request(server: StubServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        for _ in range(2):
            assert client.get("/openapi.json").status_code == 200
            time.sleep(0.5)


def test_sending_byte_by_byte_does_not_keep_a_connection_open(server: StubServer) -> None:
    def drip(line: socket.socket) -> None:
        for byte in HEAD * 100:
            line.sendall(bytes([byte]))
            time.sleep(0.02)

    with connect(server) as line, pytest.raises(OSError):
        drip(line)


def test_connections_from_one_peer_are_limited(server: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PEER_CONNECTIONS", 3)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 90)
    monkeypatch.setattr(connections, "_is_here", lambda peer: False)
    lines = [connect(server) for _ in range(4)]
    try:
        assert is_closed(lines[3])
        lines[0].close()
        assert served(server)
    finally:
        for line in lines:
            line.close()


def test_a_client_silent_before_the_handshake_is_disconnected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.3)
    create_tls_files(tmp_path / "line", terminals=("terminal-1",))
    one = StubServer(open_service(tmp_path, in_memory=True), line=tls_files(tmp_path / "line", SERVER))
    one.start()
    try:
        with connect(one) as silent:
            assert is_closed(silent)
        context: ssl.SSLContext = tls_files(tmp_path / "line", "terminal-1").client_context()
        assert httpx.get(f"{one.url}/openapi.json", verify=context).status_code == 200
    finally:
        one.close()
