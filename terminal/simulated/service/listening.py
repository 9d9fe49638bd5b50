"""Create the socket on which a stub listens."""

import socket


def listen(host: str, port: int, *, share: bool = False) -> socket.socket:
    """Return a socket bound to the port. `share`: allow other processes to bind it too. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol number, asyncio disables Nagle's algorithm, which saves 40 ms per call
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
