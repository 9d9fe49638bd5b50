"""HTTP server of a site: uvicorn on a local port, without logging of page messages."""

import logging
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from terminal.readiness import NotReady

HOST = "127.0.0.1"
MAX_MESSAGE_SIZE = 4096
"""Maximum message size in bytes. The server closes connections that exceed it."""
_WEB_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "websockets.server")


class Server(uvicorn.Server):
    """Web server. `tls` contains the paths of its certificate and key and of the CA certificate for clients."""

    def __init__(self, app: ASGIApp, tls: tuple[Path, Path, Path] | None = None) -> None:
        certificate, key, clients = tls or (None, None, None)
        super().__init__(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=MAX_MESSAGE_SIZE,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                ssl_certfile=certificate,
                ssl_keyfile=key,
                ssl_ca_certs=str(clients) if clients else None,
                ssl_cert_reqs=ssl.CERT_REQUIRED if clients else ssl.CERT_NONE,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not capture signals. The program handles them to end the conductor before the server."""
        yield


def quiet_web_loggers() -> None:
    """Set the web loggers to WARNING, because at DEBUG they log messages from pages, including digits."""
    for name in _WEB_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises `NotReady` if the port is in use or the address is not local."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(16)  # browsers can connect before the server is ready
    except OSError as error:
        listener.close()
        raise NotReady(
            f"Cannot listen on port {port} of {host}: {error.strerror}. "
            "If another terminal is running, choose a different port with --port."
        ) from error
    return listener
