"""The process that touches the result folder, so that a share that hangs holds up nobody else.

One request a line on standard input: JSON, followed by `size` bytes of content where there is any; one answer a line on
standard output. It ends with its standard input. Started by `terminal.handover.process`.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

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
    while line := sys.stdin.buffer.readline():
        answer = _answer(folder, json.loads(line), sys.stdin.buffer)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(folder: ResultFolder, request: dict[str, Any], content: BinaryIO) -> dict[str, Any]:
    data = content.read(request["size"])
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
