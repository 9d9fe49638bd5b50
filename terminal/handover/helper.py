"""Separate process that accesses the result folder, so that a hanging share delays nothing else.

One request a line on standard input: JSON, followed by `size` bytes of content where there is any; one answer a line on
standard output. It ends with its standard input. Started by `terminal.handover.process`.
"""

import json
import signal
import sys
from dataclasses import asdict
from io import RawIOBase
from pathlib import Path
from typing import Any

from config.platform.chosen import system
from terminal.handover.folder import FolderOutcome, ResultFolder


def main(argument: str) -> None:
    """`argument`: keyword arguments of `ResultFolder` as JSON."""
    system.forbid_dumps()
    system.overwrite_freed_memory()
    # Ctrl+C reaches the whole process group; the terminal ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = json.loads(argument)
    folder = ResultFolder(Path(options.pop("folder")), **options)
    requests = open(0, "rb", buffering=0)  # noqa: SIM115 - a buffer would keep the last result
    while line := requests.readline():
        request = json.loads(line)
        data = _whole(requests, request["size"])
        if len(data) < request["size"]:
            return
        answer = _answer(folder, request, data)
        del data
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _whole(content: RawIOBase, size: int) -> bytes:
    """Return the next `size` bytes; fewer if the terminal has ended."""
    pieces = []
    while size and (piece := content.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _answer(folder: ResultFolder, request: dict[str, Any], data: bytes) -> dict[str, Any]:
    name = request["name"]
    match request["call"]:
        case "prepare":
            return as_told(folder.prepare(name, data))
        case "move":
            return as_told(folder.move(name, request["digest"]))
        case "look":
            return as_told(folder.look(name))
        case "clean":
            return {"kind": "clean", "removed": folder.clean(keep=frozenset(request["keep"]))}
        case _:
            return {"kind": "probe", "reason": folder.probe()}


def as_told(outcome: FolderOutcome) -> dict[str, Any]:
    """For JSON; `terminal.handover.process.understood` reads it."""
    told = asdict(outcome)
    if "path" in told:
        told["path"] = str(told["path"])
    return {"kind": type(outcome).__name__, **told}
