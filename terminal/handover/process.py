"""The result folder in a separate process: every call has a time limit, and a hanging process is abandoned."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import terminal
from config.platform.chosen import system
from terminal.handover.folder import (
    AlreadyThere,
    DeliveryFailure,
    FileDelivered,
    FolderOutcome,
    NotDelivered,
    Prepared,
    ResultOnDisk,
)

log = logging.getLogger(__name__)

TIME_LIMIT = 10.0
"""Seconds after which a step counts as hanging."""
_ROOT = Path(terminal.__path__[0]).parent
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from terminal.handover.helper import main; main(sys.argv[2])"


class FolderProcess:
    """A `ResultFolder` in a separate process. Calls block for up to `limit` seconds; only one call at a time.

    A process that hangs in the kernel cannot be killed until the file server is back. Until it ends, no new process is
    started and every call immediately returns `DeliveryFailure.HANGS`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        owner: str = "terminal",
        create: bool = False,
        mode: int = 0o640,
        in_place: bool = False,
        limit: float = TIME_LIMIT,
    ) -> None:
        self.folder = folder
        self._options = {
            "folder": str(folder.absolute()),
            "owner": owner,
            "create": create,
            "mode": mode,
            "in_place": in_place,
        }
        self._limit = limit
        self._process: subprocess.Popen[bytes] | None = None
        self._left_behind: subprocess.Popen[bytes] | None = None
        self.trouble: DeliveryFailure | None = None
        """Why the last call failed, for staff; None after a successful one."""

    @property
    def hangs(self) -> bool:
        """Whether the last call timed out."""
        return self.trouble is DeliveryFailure.HANGS

    def prepare(self, name: str, data: bytes) -> Prepared | AlreadyThere | NotDelivered:
        """See `ResultFolder.prepare`."""
        outcome = self._noted(self._call("prepare", name, data))
        assert isinstance(outcome, Prepared | AlreadyThere | NotDelivered)
        return outcome

    def move(self, name: str, digest: str) -> FileDelivered | AlreadyThere | NotDelivered:
        """See `ResultFolder.move`."""
        outcome = self._noted(self._call("move", name, digest=digest))
        assert isinstance(outcome, FileDelivered | AlreadyThere | NotDelivered)
        return outcome

    def look(self, name: str) -> ResultOnDisk | NotDelivered:
        """See `ResultFolder.look`."""
        outcome = self._noted(self._call("look", name))
        assert isinstance(outcome, ResultOnDisk | NotDelivered)
        return outcome

    def clean(self, keep: Iterable[str]) -> None:
        """See `ResultFolder.clean`."""
        self._call("clean", keep=sorted(keep))

    def probe(self) -> DeliveryFailure | None:
        """See `ResultFolder.probe`."""
        answer = self._call("probe")
        if answer is None:
            self.trouble = DeliveryFailure.HANGS
        else:
            self.trouble = DeliveryFailure(answer["reason"]) if answer["reason"] else None
        return self.trouble

    def close(self) -> None:
        """Kill the process. One that hangs is abandoned; it does nothing further."""
        for process in (self._process, self._left_behind):
            if process is not None:
                _end(process)
        self._process = None

    # --- inside -----------------------------------------------------------------------------------------------

    def _call(self, call: str, name: str = "", data: bytes = b"", **more: Any) -> dict[str, Any] | None:
        """Return the answer, or None if there is none within the time limit."""
        process = self._running()
        if process is None:
            return None
        request = json.dumps({"call": call, "name": name, "size": len(data), **more}).encode() + b"\n" + data
        answers: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=_exchange, args=(process, request, answers), name="handover", daemon=True).start()
        try:
            line = answers.get(timeout=self._limit)
        except Empty:
            log.error("the result folder did not respond within %g seconds; its process is abandoned", self._limit)
            line = b""
        if not line:
            process.kill()
            self._process, self._left_behind = None, process
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._left_behind is not None:
            try:
                self._left_behind.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                return None
            _end(self._left_behind)
            self._left_behind = None
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                # without site packages: it needs none and starts faster
                [sys.executable, "-sSP", "-c", _PROGRAM, str(_ROOT), json.dumps(self._options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # a buffer would retain the last result
                env=_environment(),
            )
        return self._process

    def _noted(self, answer: dict[str, Any] | None) -> FolderOutcome:
        """Return the outcome in an answer, and set `trouble` by it."""
        outcome = NotDelivered(DeliveryFailure.HANGS) if answer is None else outcome_of(answer)
        match outcome:
            case NotDelivered(reason=reason):
                self.trouble = reason
            case AlreadyThere(same=False):
                self.trouble = DeliveryFailure.OCCUPIED
            case _:
                self.trouble = None
        return outcome


def _environment() -> dict[str, str]:
    """Return our environment without Python's variables, and with freed memory overwritten."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    } | system.WIPING_ENVIRONMENT


def outcome_of(answer: dict[str, Any]) -> FolderOutcome:
    """Return the outcome written by `terminal.handover.helper.as_answer`."""
    match answer:
        case {"kind": "Prepared", "mark": mark}:
            return Prepared(mark)
        case {"kind": "ResultOnDisk", "mark": mark, "work": work, "target": target}:
            return ResultOnDisk(mark, work, target)
        case {"kind": "FileDelivered", "path": path}:
            return FileDelivered(Path(path))
        case {"kind": "AlreadyThere", "path": path, "same": same}:
            return AlreadyThere(Path(path), same)
        case {"kind": "NotDelivered", "reason": reason, "error": error}:
            return NotDelivered(DeliveryFailure(reason), error)
        case _:
            raise ValueError("unknown answer of the helper process")


def _exchange(process: subprocess.Popen[bytes], request: bytes, answers: "SimpleQueue[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        left = memoryview(request)
        while left:
            left = left[process.stdin.write(left) :]
        answers.put(process.stdout.readline())
    except (OSError, ValueError):  # the process ended
        answers.put(b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
