"""Helper process that accesses the result folder, to prevent a hanging share from blocking the terminal.

`terminal.handover.process` starts it. It reads requests from standard input, each a line of JSON followed by `size`
bytes of content, and writes answers to standard output, each a line of JSON. It exits when standard input is closed.
"""

import json
import signal
import sys
from dataclasses import asdict
from io import RawIOBase
from pathlib import Path
from typing import Any

from config.platform.current import system
from terminal.handover.folder import FolderOutcome, ResultFolder


def main(argument: str) -> None:
    """Run the helper. `argument` contains the keyword arguments of `ResultFolder` as JSON."""
    system.forbid_dumps()
    system.overwrite_freed_memory()
    # Ctrl-C is sent to the whole process group, but this process must run until the terminal closes it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = json.loads(argument)
    folder = ResultFolder(Path(options.pop("folder")), **options)
    requests = open(0, "rb", buffering=0)  # noqa: SIM115 - a buffer would retain the last result
    while line := requests.readline():
        request = json.loads(line)
        data = _content(requests, request["size"])
        if len(data) < request["size"]:
            return
        answer = _answer(folder, request, data)
        del data
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _content(requests: RawIOBase, size: int) -> bytes:
    """Return the next `size` bytes, or fewer if the terminal exits."""
    chunks = []
    while size and (chunk := requests.read(size)):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _answer(folder: ResultFolder, request: dict[str, Any], data: bytes) -> dict[str, Any]:
    name = request["name"]
    match request["call"]:
        case "prepare":
            return to_answer(folder.prepare(name, data))
        case "move":
            return to_answer(folder.move(name, request["digest"]))
        case "inspect":
            return to_answer(folder.inspect(name))
        case "clean":
            return {"kind": "clean", "removed": folder.clean(keep=frozenset(request["keep"]))}
        case _:
            return {"kind": "probe", "reason": folder.probe()}


def to_answer(outcome: FolderOutcome) -> dict[str, Any]:
    """Convert an outcome to a JSON object. `terminal.handover.process.to_outcome` is the inverse."""
    answer = asdict(outcome)
    if "path" in answer:
        answer["path"] = str(answer["path"])
    return {"kind": type(outcome).__name__, **answer}
