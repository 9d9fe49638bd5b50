"""Run a command with only a loopback interface, and print its attempts to contact other hosts as JSON.

    unshare --user --map-root-user --net --mount python3 cut_off.py COMMAND...

`names`: host names it looked up. `unroutable`: packets and connections without a route (`IpOutNoRoutes`).
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))


def record_lookups() -> list[str]:
    """Answer every DNS query in this namespace with NXDOMAIN. Return a list that collects the queried names."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as resolver:
        resolver.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", resolver.name, os.path.realpath("/etc/resolv.conf")], check=True)
    names: list[str] = []
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def serve() -> None:
        while True:
            query, sender = server.recvfrom(512)
            names.append(_name(query[12:]))
            server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], sender)

    threading.Thread(target=serve, daemon=True).start()
    return names


def _name(question: bytes) -> str:
    labels = []
    while question and question[0]:
        labels.append(question[1 : question[0] + 1].decode("ascii", "replace"))
        question = question[question[0] + 1 :]
    return ".".join(labels)


def packets_without_route() -> int:
    columns, values = (
        line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Ip:")
    )
    return int(dict(zip(columns, values, strict=True))["OutNoRoutes"])


def main() -> int:
    bring_up_loopback()
    names = record_lookups()
    initial = packets_without_route()
    result = subprocess.run(sys.argv[1:], stdout=sys.stderr)
    sys.stdout.write(json.dumps({"names": names, "unroutable": packets_without_route() - initial}))
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
