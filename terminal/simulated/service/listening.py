"""The socket a stub listens on."""

import socket


def listen(host: str, port: int, *, share: bool = False) -> socket.socket:
    """Bind the port; connections wait from then on. `share`: other processes may bind it too. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # pass the protocol number: asyncio disables Nagle's algorithm only for such sockets, which saves 40 ms a call
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
