"""One camera, open only while it is used: a thread grabs frames and keeps the latest.

Otherwise the device is closed (its lamp is off) or, with `keep_open`, open with its frames discarded undecoded.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vision.sources.protocol import FrameSource, Granting, Locatable, Prompted, Skipping
from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0
_LOOK_FOR_DEVICE = 1.0
"""Seconds between two looks whether a closed device is still plugged in."""
_LONGEST_OPENING = 10.0
"""Seconds from opening to the first frame after which the camera counts as lost."""

OnFrame = Callable[["Frame | None"], None]


class Camera:
    """Between `start` and `stop` it watches for its device; `look` opens it. A lost source is opened again with growing
    waits while a look lasts."""

    def __init__(self, source: FrameSource, *, keep_open: bool = False, lost_after: float = 0.8) -> None:
        """`keep_open`: never close the device between looks, for one that opens slowly.

        `lost_after`: seconds without a frame after which an open camera counts as lost.
        """
        self.source = source
        self.keep_open = keep_open
        self.opening_seconds: float | None = None
        """From opening the device to its first frame, the last time; None before the first."""
        self._lost_after = lost_after
        self._frame: Frame | None = None
        self._lost: CameraLost | None = None
        self._opened_at: float | None = None
        """When the device was opened; None while it is closed."""
        self._arrived: float | None = None
        """When its last frame came, decoded or not; None before the first."""
        self._looks = 0
        self._listeners: list[OnFrame] = []
        self._new = threading.Condition(threading.RLock())
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def is_open(self) -> bool:
        """Whether the device is open; on most cameras the lamp is lit then."""
        return self._opened_at is not None

    def describe(self) -> str:
        """One line for `doctor` and the log: what the camera is called and grants, or why it gives no picture."""
        lost = self.lost()
        if lost is not None:
            return lost.source
        if isinstance(self.source, Granting):
            return f"{self.name}: {self.source.granted() or 'not open'}"
        return self.name

    def prompt(self, guidance: Guidance) -> None:
        """Tell a source that reads the screen what the screen says."""
        if isinstance(self.source, Prompted):
            self.source.prompt(guidance)

    def start(self) -> None:
        """Watch for the device. May be started again after `stop`."""
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
            self._thread.start()

    @contextmanager
    def look(self) -> Iterator["Camera"]:
        """Open the device for as long as the context lasts. Looks may overlap; the last one closes it."""
        with self._new:
            self._looks += 1
            self._new.notify_all()
        try:
            yield self
        finally:
            with self._new:
                self._looks -= 1
                if not self._looks:
                    self._frame = None
                self._new.notify_all()

    def listen(self, on_frame: OnFrame) -> Callable[[], None]:
        """Call `on_frame` with every decoded frame, and with None when a look ends. Returns how to stop that.

        Called on the camera's thread: keep it short. Listening does not open the device; only `look` does.
        """
        with self._new:
            self._listeners.append(on_frame)

        def stop() -> None:
            with self._new:
                if on_frame in self._listeners:
                    self._listeners.remove(on_frame)

        return stop

    def lost(self) -> CameraLost | None:
        """Return why it gives no picture, or None. A closed device is lost when it is unplugged, an open one by the age
        of its last frame."""
        with self._new:
            if self._lost is not None or self._opened_at is None:
                return self._lost
            now = time.monotonic()
            if self._arrived is None:
                silent = now - self._opened_at > _LONGEST_OPENING
                return CameraLost(f"{self.name}: no frame {_LONGEST_OPENING:g} s after opening") if silent else None
            silent = now - self._arrived > self._lost_after
            return CameraLost(f"{self.name}: no frame for {self._lost_after:g} s") if silent else None

    def latest(self) -> "Frame | CameraLost | None":
        """The newest frame; None outside a look and before its first frame."""
        with self._new:
            return self.lost() or self._frame

    def after(self, number: int, timeout: float) -> "Frame | CameraLost | None":
        """The first frame newer than `number`; None if none came in `timeout` seconds."""
        until = time.monotonic() + timeout
        with self._new:
            while self._lost is None and (self._frame is None or self._frame.number <= number):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._new.wait(left)
            found = self.latest()
        return found if found is None or isinstance(found, CameraLost) or found.number > number else None

    def stop(self) -> None:
        """Close the device; returns when the thread has ended. Forgets the last frame."""
        self._ended.set()
        with self._new:
            self._new.notify_all()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None
        with self._new:
            self._frame = None
            self._new.notify_all()

    # --- the camera's thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._ended.is_set():
            if not self._wanted():
                self._tell(self.source.absent() if isinstance(self.source, Locatable) else None)
                self._pause(_LOOK_FOR_DEVICE, self._wanted)
                continue
            lost = self._serve()
            if lost is None:
                wait = _FIRST_WAIT
                continue
            self._tell(lost)
            self._pause(wait, lambda: False)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _wanted(self) -> bool:
        return self.keep_open or self._looks > 0

    def _pause(self, seconds: float, until: Callable[[], bool]) -> None:
        with self._new:
            self._new.wait_for(lambda: self._ended.is_set() or until(), seconds)

    def _serve(self) -> CameraLost | None:
        """Open the device and take frames until it is lost, or until no look wants it (None)."""
        with self._new:
            self._opened_at, self._arrived = time.monotonic(), None
        try:
            return self.source.open() or self._grab()
        finally:
            self.source.close()
            with self._new:
                self._opened_at = self._frame = None
            self._hear(None)

    def _grab(self) -> CameraLost | None:
        looking = False
        while not self._ended.is_set() and self._wanted():
            looked, looking = looking, self._looks > 0
            if looked and not looking:
                self._hear(None)
            passed = not looking and isinstance(self.source, Skipping)
            frame = self.source.skip() if passed and isinstance(self.source, Skipping) else self.source.read()
            if isinstance(frame, CameraLost):
                return frame
            self._arrive(frame)
        return None

    def _arrive(self, frame: "Frame | None") -> None:
        """`frame` is None if it was thrown away undecoded."""
        with self._new:
            now = time.monotonic()
            if self._arrived is None and self._opened_at is not None:
                self.opening_seconds = now - self._opened_at
            kept = frame if self._looks else None
            self._frame, self._lost, self._arrived = kept, None, now
            self._new.notify_all()
        if kept is not None:
            self._hear(kept)

    def _hear(self, frame: "Frame | None") -> None:
        with self._new:
            listeners = list(self._listeners)
        for on_frame in listeners:
            on_frame(frame)

    def _tell(self, lost: CameraLost | None) -> None:
        with self._new:
            self._lost = lost
            self._new.notify_all()
