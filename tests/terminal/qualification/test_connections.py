"""Tests that clients with incomplete requests are disconnected without affecting other clients."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from terminal.qualification.pki import create_tls_files
from terminal.qualification.tls_files import SERVER, tls_files
from terminal.simulated.service import connections
from terminal.simulated.service.server import StubServer, open_service

HEAD = b"POST /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    server = StubServer(open_service(tmp_path, in_memory=True))
    server.start()
    yield server
    server.close()


def connect(server: StubServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), timeout=60)


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes the connection."""
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(4096):
            pass
    return True


def is_served(server: StubServer) -> bool:
    """Wait until another client is served. The server may notice closed connections late."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with connect(server) as connection, contextlib.suppress(OSError):
            connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
            if connection.recv(12) == b"HTTP/1.1 405":
                return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "sent", [b"", HEAD[:20], HEAD + b"Content-Length: 10\r\n\r\nhalf"], ids=["nothing", "half a head", "half a body"]
)
def test_incomplete_request_is_disconnected(server: StubServer, sent: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(sent)
        assert httpx.get(f"{server.url}/openapi.json").status_code == 200
        assert is_closed(connection)


def test_connection_stays_open_after_complete_request(server: StubServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        for _ in range(2):
            assert client.get("/openapi.json").status_code == 200
            time.sleep(0.5)


def test_client_sending_byte_by_byte_is_disconnected(server: StubServer) -> None:
    def drip(connection: socket.socket) -> None:
        for byte in HEAD * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    with connect(server) as connection, pytest.raises(OSError):
        drip(connection)


def test_connections_from_one_peer_are_limited(server: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PEER_CONNECTIONS", 3)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 90)
    monkeypatch.setattr(connections, "_is_loopback", lambda peer: False)
    clients = [connect(server) for _ in range(4)]
    try:
        assert is_closed(clients[3])
        clients[0].close()
        assert is_served(server)
    finally:
        for connection in clients:
            connection.close()


def test_client_without_tls_handshake_is_disconnected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.3)
    create_tls_files(tmp_path / "line", terminals=("terminal-1",))
    server = StubServer(open_service(tmp_path, in_memory=True), line=tls_files(tmp_path / "line", SERVER))
    server.start()
    try:
        with connect(server) as silent:
            assert is_closed(silent)
        context: ssl.SSLContext = tls_files(tmp_path / "line", "terminal-1").client_context()
        assert httpx.get(f"{server.url}/openapi.json", verify=context).status_code == 200
    finally:
        server.close()
