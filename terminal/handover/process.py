"""Result folder in a separate process, with a timeout for every call. A process that hangs is abandoned."""

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
from config.platform.current import system
from terminal.handover.folder import (
    DeliveryFailure,
    FileDelivered,
    FolderOutcome,
    NotDelivered,
    Prepared,
    ResultOnDisk,
    TargetExists,
)

log = logging.getLogger(__name__)

TIME_LIMIT = 10.0
"""Seconds after which a call times out."""
_ROOT = Path(terminal.__path__[0]).parent
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from terminal.handover.helper import main; main(sys.argv[2])"


class FolderProcess:
    """`ResultFolder` in a separate process. Calls block for up to `limit` seconds and must not be concurrent.

    A process that hangs in the kernel cannot be killed until the file server responds. Until it exits, no new process
    is started and every call immediately returns `DeliveryFailure.HANGS`.
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
        self._abandoned: subprocess.Popen[bytes] | None = None
        self.failure: DeliveryFailure | None = None
        """Reason for the last failure; None after a success."""

    @property
    def is_hanging(self) -> bool:
        """Whether the last call timed out."""
        return self.failure is DeliveryFailure.HANGS

    def prepare(self, name: str, data: bytes) -> Prepared | TargetExists | NotDelivered:
        """See `ResultFolder.prepare`."""
        outcome = self._record_failure(self._call("prepare", name, data))
        assert isinstance(outcome, Prepared | TargetExists | NotDelivered)
        return outcome

    def move(self, name: str, digest: str) -> FileDelivered | TargetExists | NotDelivered:
        """See `ResultFolder.move`."""
        outcome = self._record_failure(self._call("move", name, digest=digest))
        assert isinstance(outcome, FileDelivered | TargetExists | NotDelivered)
        return outcome

    def inspect(self, name: str) -> ResultOnDisk | NotDelivered:
        """See `ResultFolder.inspect`."""
        outcome = self._record_failure(self._call("inspect", name))
        assert isinstance(outcome, ResultOnDisk | NotDelivered)
        return outcome

    def clean(self, keep: Iterable[str]) -> None:
        """See `ResultFolder.clean`."""
        self._call("clean", keep=sorted(keep))

    def probe(self) -> DeliveryFailure | None:
        """See `ResultFolder.probe`."""
        answer = self._call("probe")
        if answer is None:
            self.failure = DeliveryFailure.HANGS
        else:
            self.failure = DeliveryFailure(answer["reason"]) if answer["reason"] else None
        return self.failure

    def close(self) -> None:
        """Kill the process without waiting for a hanging one, which exits when the file server responds."""
        for process in (self._process, self._abandoned):
            if process is not None:
                _kill(process)
        self._process = None

    # --- helper process ---------------------------------------------------------------------------------------

    def _call(self, call: str, name: str = "", data: bytes = b"", **parameters: Any) -> dict[str, Any] | None:
        """Return the answer, or None after a timeout."""
        process = self._ensure_running()
        if process is None:
            return None
        request = json.dumps({"call": call, "name": name, "size": len(data), **parameters}).encode() + b"\n" + data
        answers: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=_exchange, args=(process, request, answers), name="handover", daemon=True).start()
        try:
            line = answers.get(timeout=self._limit)
        except Empty:
            log.error("result folder did not respond within %g seconds; abandoning its process", self._limit)
            line = b""
        if not line:
            process.kill()
            self._process, self._abandoned = None, process
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ensure_running(self) -> subprocess.Popen[bytes] | None:
        if self._abandoned is not None:
            try:
                self._abandoned.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                return None
            _kill(self._abandoned)
            self._abandoned = None
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                # do not load site packages, which makes it start faster
                [sys.executable, "-sSP", "-c", _PROGRAM, str(_ROOT), json.dumps(self._options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # a buffer would retain the last result
                env=_environment(),
            )
        return self._process

    def _record_failure(self, answer: dict[str, Any] | None) -> FolderOutcome:
        """Convert an answer to its outcome, and set `failure` accordingly."""
        outcome = NotDelivered(DeliveryFailure.HANGS) if answer is None else to_outcome(answer)
        match outcome:
            case NotDelivered(reason=reason):
                self.failure = reason
            case TargetExists(same=False):
                self.failure = DeliveryFailure.OCCUPIED
            case _:
                self.failure = None
        return outcome


def _environment() -> dict[str, str]:
    """Return the environment without Python's variables, plus variables that make libc overwrite freed memory."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    } | system.WIPING_ENVIRONMENT


def to_outcome(answer: dict[str, Any]) -> FolderOutcome:
    """Convert an answer to an outcome. The inverse of `terminal.handover.helper.to_answer`."""
    match answer:
        case {"kind": "Prepared", "mark": mark}:
            return Prepared(mark)
        case {"kind": "ResultOnDisk", "mark": mark, "work": work, "target": target}:
            return ResultOnDisk(mark, work, target)
        case {"kind": "FileDelivered", "path": path}:
            return FileDelivered(Path(path))
        case {"kind": "TargetExists", "path": path, "same": same}:
            return TargetExists(Path(path), same)
        case {"kind": "NotDelivered", "reason": reason, "error": error}:
            return NotDelivered(DeliveryFailure(reason), error)
        case _:
            raise ValueError("unexpected reply from the helper process")


def _exchange(process: subprocess.Popen[bytes], request: bytes, answers: "SimpleQueue[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        remaining = memoryview(request)
        while remaining:
            remaining = remaining[process.stdin.write(remaining) :]
        answers.put(process.stdout.readline())
    except (OSError, ValueError):  # the process exited
        answers.put(b"")


def _kill(process: subprocess.Popen[bytes]) -> None:
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
