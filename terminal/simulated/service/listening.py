"""The socket a stub listens on."""

import socket


def listen(host: str, port: int, *, share: bool = False) -> socket.socket:
    """Take the port; connections wait from `listen()` on. `share`: other processes may take it too. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by number: asyncio turns Nagle's algorithm off for such sockets alone, 40 ms a call.
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
