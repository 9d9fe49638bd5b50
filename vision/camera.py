"""One open camera for everybody who looks: a thread grabs, the latest frame wins.

While nobody looks the camera rests: frames are taken, so that none is stale and a loss is noticed, but not decoded.
"""

import threading
import time

from vision.frame import Frame
from vision.sources.protocol import FrameSource, Granting, Prompted, Skipping
from vision.verdict import CameraLost, Guidance

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0


class Camera:
    """Opened once and kept. A lost source is opened again, with growing patience, until `stop`."""

    def __init__(self, source: FrameSource, *, lost_after: float = 0.8, rest_after: float = 3.0) -> None:
        """`lost_after`: seconds without a frame after which the camera counts as lost.

        `rest_after`: seconds without a look after which it rests, and keeps no frame.
        """
        self.source = source
        self._lost_after, self._rest_after = lost_after, rest_after
        self._frame: Frame | None = None
        self._lost: CameraLost | None = None
        self._arrived: float | None = None
        """When the last frame came, decoded or not; None before the first."""
        self._looked_at = 0.0
        self._waiting = 0
        self._new = threading.Condition()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.source.name

    def describe(self) -> str:
        """One line for `doctor` and the log: what the camera is called and what it grants, or why it gives nothing."""
        lost = self.lost()
        if lost is not None:
            return lost.source
        if isinstance(self.source, Granting):
            return f"{self.name}: {self.source.granted() or 'not open yet'}"
        return self.name

    def prompt(self, guidance: Guidance) -> None:
        """What the screen tells whoever is before the camera, for a source that reads it."""
        if isinstance(self.source, Prompted):
            self.source.prompt(guidance)

    def start(self) -> None:
        """May be started again after `stop`."""
        if self._thread is None:
            self._ended.clear()
            self._arrived = None
            self._looked_at = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
            self._thread.start()

    def lost(self) -> CameraLost | None:
        """Whether it gives nothing, without looking. A device that hangs is lost by the age of its last frame."""
        with self._new:
            if self._lost is not None:
                return self._lost
            if self._arrived is not None and time.monotonic() - self._arrived > self._lost_after:
                return CameraLost(f"{self.name}: no frame for {self._lost_after:g} s")
            return None

    def latest(self) -> Frame | CameraLost | None:
        """None before the first frame, and for a moment where the camera rested."""
        with self._new:
            self._looked_at = time.monotonic()
            return self.lost() or self._frame

    def after(self, number: int, timeout: float) -> Frame | CameraLost | None:
        """The first frame newer than `number`; None if none came in `timeout` seconds."""
        until = time.monotonic() + timeout
        with self._new:
            self._waiting += 1
            while self._lost is None and (self._frame is None or self._frame.number <= number):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._new.wait(left)
            self._waiting -= 1
            found = self.latest()
        return found if not isinstance(found, Frame) or found.number > number else None

    def stop(self) -> None:
        """Returns when the thread has ended; forgets the last frame."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None
        with self._new:
            self._frame = self._arrived = None
            self._new.notify_all()

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._ended.is_set():
            lost = self.source.open()
            if lost is None:
                wait = _FIRST_WAIT
                lost = self._grab()
            self.source.close()
            self._tell(lost)
            self._ended.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _grab(self) -> CameraLost | None:
        while not self._ended.is_set():
            frame = self._next()
            if isinstance(frame, CameraLost):
                return frame
            with self._new:
                self._frame, self._lost, self._arrived = frame, None, time.monotonic()
                self._new.notify_all()
        return None

    def _next(self) -> Frame | CameraLost | None:
        """None where it was let pass."""
        if not isinstance(self.source, Skipping):
            return self.source.read()
        with self._new:
            resting = not self._waiting and time.monotonic() - self._looked_at > self._rest_after
            if resting:
                self._frame = None  # who looks now waits for the next one
        return self.source.skip() if resting else self.source.read()

    def _tell(self, lost: CameraLost | None) -> None:
        with self._new:
            self._lost = lost
            self._new.notify_all()
