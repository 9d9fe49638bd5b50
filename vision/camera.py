"""Camera that is only open while in use: a thread grabs frames and keeps the latest.

At other times the device is closed with its lamp off, or with `keep_open`, open with its frames discarded undecoded.
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
_MAX_WAIT = 5.0
_LOOK_FOR_DEVICE = 1.0
"""Seconds between checks for whether a closed device is plugged in."""
_MAX_OPENING_TIME = 10.0
"""Seconds without a first frame after opening, after which the camera counts as lost."""

OnFrame = Callable[["Frame | None"], None]


class Camera:
    """Camera device, watched from `start` to `stop` and opened by `look`. During a look, a lost source is reopened with
    increasing waits.
    """

    def __init__(self, source: FrameSource, *, keep_open: bool = False, lost_after: float = 0.8) -> None:
        """`keep_open`: do not close the device between looks, for devices that open slowly.

        `lost_after`: seconds without a frame after which an open camera counts as lost.
        """
        self.source = source
        self.keep_open = keep_open
        self.opening_seconds: float | None = None
        """Seconds from the last opening of the device to its first frame; None before that."""
        self._lost_after = lost_after
        self._frame: Frame | None = None
        self._lost: CameraLost | None = None
        self._opened_at: float | None = None
        """When the device was opened; None while it is closed."""
        self._arrived: float | None = None
        """When the last frame arrived, decoded or not; None before the first."""
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
        """Whether the device is open, which turns on the lamp of most cameras."""
        return self._opened_at is not None

    def describe(self) -> str:
        """Return one line for `doctor` and the log: name and format of the camera, or why there is no picture."""
        lost = self.lost()
        if lost is not None:
            return lost.source
        if isinstance(self.source, Granting):
            return f"{self.name}: {self.source.granted() or 'not open'}"
        return self.name

    def prompt(self, guidance: Guidance) -> None:
        """Pass the instruction on the screen to a source that simulates a person."""
        if isinstance(self.source, Prompted):
            self.source.prompt(guidance)

    def start(self) -> None:
        """Start watching the device. Can be called again after `stop`."""
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
            self._thread.start()

    @contextmanager
    def look(self) -> Iterator["Camera"]:
        """Keep the device open during the context. Contexts may overlap, and the last one closes the device."""
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
        """Call `on_frame` with every decoded frame, and with None when the last look ends. Return a function that stops
        this.

        `on_frame` runs on the camera thread and must be fast. Listening does not open the device.
        """
        with self._new:
            self._listeners.append(on_frame)

        def stop() -> None:
            with self._new:
                if on_frame in self._listeners:
                    self._listeners.remove(on_frame)

        return stop

    def lost(self) -> CameraLost | None:
        """Return why there is no picture, or None. A closed device is lost if it is unplugged, an open one if its last
        frame is too old.
        """
        with self._new:
            if self._lost is not None or self._opened_at is None:
                return self._lost
            now = time.monotonic()
            if self._arrived is None:
                silent = now - self._opened_at > _MAX_OPENING_TIME
                return CameraLost(f"{self.name}: no frame {_MAX_OPENING_TIME:g} s after opening") if silent else None
            silent = now - self._arrived > self._lost_after
            return CameraLost(f"{self.name}: no frame for {self._lost_after:g} s") if silent else None

    def latest(self) -> "Frame | CameraLost | None":
        """Return the newest frame; None outside a look and before its first frame."""
        with self._new:
            return self.lost() or self._frame

    def after(self, number: int, timeout: float) -> "Frame | CameraLost | None":
        """Return the first frame newer than `number`; None after `timeout` seconds."""
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
        """Close the device, drop the last frame and wait for the thread to end."""
        self._ended.set()
        with self._new:
            self._new.notify_all()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None
        with self._new:
            self._frame = None
            self._new.notify_all()

    # --- camera thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._ended.is_set():
            if not self._wanted():
                self._set_lost(self.source.absent() if isinstance(self.source, Locatable) else None)
                self._pause(_LOOK_FOR_DEVICE, self._wanted)
                continue
            lost = self._serve()
            if lost is None:
                wait = _FIRST_WAIT
                continue
            self._set_lost(lost)
            self._pause(wait, lambda: False)
            wait = min(wait * 2, _MAX_WAIT)

    def _wanted(self) -> bool:
        return self.keep_open or self._looks > 0

    def _pause(self, seconds: float, until: Callable[[], bool]) -> None:
        with self._new:
            self._new.wait_for(lambda: self._ended.is_set() or until(), seconds)

    def _serve(self) -> CameraLost | None:
        """Open the device and take frames until it is lost, or return None when it is no longer needed."""
        with self._new:
            self._opened_at, self._arrived = time.monotonic(), None
        try:
            return self.source.open() or self._grab()
        finally:
            self.source.close()
            with self._new:
                self._opened_at = self._frame = None
            self._notify(None)

    def _grab(self) -> CameraLost | None:
        looking = False
        while not self._ended.is_set() and self._wanted():
            looked, looking = looking, self._looks > 0
            if looked and not looking:
                self._notify(None)
            passed = not looking and isinstance(self.source, Skipping)
            frame = self.source.skip() if passed and isinstance(self.source, Skipping) else self.source.read()
            if isinstance(frame, CameraLost):
                return frame
            self._arrive(frame)
        return None

    def _arrive(self, frame: "Frame | None") -> None:
        """Handle a new frame, which is None if it was discarded undecoded."""
        with self._new:
            now = time.monotonic()
            if self._arrived is None and self._opened_at is not None:
                self.opening_seconds = now - self._opened_at
            kept = frame if self._looks else None
            self._frame, self._lost, self._arrived = kept, None, now
            self._new.notify_all()
        if kept is not None:
            self._notify(kept)

    def _notify(self, frame: "Frame | None") -> None:
        with self._new:
            listeners = list(self._listeners)
        for on_frame in listeners:
            on_frame(frame)

    def _set_lost(self, lost: CameraLost | None) -> None:
        with self._new:
            self._lost = lost
            self._new.notify_all()
