"""Camera device, open only while in use. A thread grabs frames and stores the latest.

At other times, the device is closed with its lamp off, or, with `keep_open`, its frames are discarded undecoded.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vision.sources.protocol import FormatReporting, FrameSource, Locatable, Promptable, Skippable
from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame

_FIRST_WAIT = 0.5
_MAX_WAIT = 5.0
_PRESENCE_INTERVAL = 1.0
"""Seconds between checks that a closed device is plugged in."""
_MAX_OPENING_TIME = 10.0
"""Seconds without a first frame after opening, after which the camera is considered lost."""

OnFrame = Callable[["Frame | None"], None]


class Camera:
    """Camera device, monitored from `start` to `stop` and opened by `look`.

    While it is open, a lost source is reopened with increasing delays.
    """

    def __init__(self, source: FrameSource, *, keep_open: bool = False, lost_after: float = 0.8) -> None:
        """`keep_open`: leave the device open between uses, for devices that open slowly.

        `lost_after`: seconds without a frame after which an open camera is considered lost.
        """
        self.source = source
        self.keep_open = keep_open
        self.opening_seconds: float | None = None
        """Seconds from the last opening of the device to its first frame; None before the first frame."""
        self._lost_after = lost_after
        self._frame: Frame | None = None
        self._lost: CameraLost | None = None
        self._opened_at: float | None = None
        """Time of opening; None while the device is closed."""
        self._last_arrival: float | None = None
        """Arrival time of the last frame, decoded or discarded; None before the first frame."""
        self._users = 0
        self._listeners: list[OnFrame] = []
        self._changed = threading.Condition(threading.RLock())
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def is_open(self) -> bool:
        """Whether the device is open. On most cameras, its light is then on."""
        return self._opened_at is not None

    def describe(self) -> str:
        """Return the camera's name and format, or the reason for its loss, as a line for `doctor` and the log."""
        lost = self.lost()
        if lost is not None:
            return lost.source
        if isinstance(self.source, FormatReporting):
            return f"{self.name}: {self.source.actual_format() or 'not open'}"
        return self.name

    def prompt(self, guidance: Guidance) -> None:
        """Pass the displayed instruction to a source that simulates a person."""
        if isinstance(self.source, Promptable):
            self.source.prompt(guidance)

    def start(self) -> None:
        """Start monitoring the device. May be called again after `stop`."""
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
            self._thread.start()

    @contextmanager
    def held_open(self) -> Iterator["Camera"]:
        """Open the device for the duration of the context. Contexts may overlap; the last one closes the device."""
        with self._changed:
            self._users += 1
            self._changed.notify_all()
        try:
            yield self
        finally:
            with self._changed:
                self._users -= 1
                if not self._users:
                    self._frame = None
                self._changed.notify_all()

    def listen(self, on_frame: OnFrame) -> Callable[[], None]:
        """Register a callback for every decoded frame, and for None when the camera is no longer in use.

        Returns a function that removes the callback, which runs on the camera thread and must be fast. Does not open
        the device.
        """
        with self._changed:
            self._listeners.append(on_frame)

        def stop() -> None:
            with self._changed:
                if on_frame in self._listeners:
                    self._listeners.remove(on_frame)

        return stop

    def lost(self) -> CameraLost | None:
        """Return the reason if the camera is lost, otherwise None.

        A closed device is lost if it is unplugged, and an open device if its last frame is too old.
        """
        with self._changed:
            if self._lost is not None or self._opened_at is None:
                return self._lost
            now = time.monotonic()
            if self._last_arrival is None:
                silent = now - self._opened_at > _MAX_OPENING_TIME
                return CameraLost(f"{self.name}: no frame {_MAX_OPENING_TIME:g} s after opening") if silent else None
            silent = now - self._last_arrival > self._lost_after
            return CameraLost(f"{self.name}: no frame for {self._lost_after:g} s") if silent else None

    def latest(self) -> "Frame | CameraLost | None":
        """Return the newest frame; None while the camera is not in use and before the first frame."""
        with self._changed:
            return self.lost() or self._frame

    def after(self, number: int, timeout: float) -> "Frame | CameraLost | None":
        """Return a frame newer than `number`, or None after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._lost is None and (self._frame is None or self._frame.number <= number):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            latest = self.latest()
        return latest if latest is None or isinstance(latest, CameraLost) or latest.number > number else None

    def stop(self) -> None:
        """Close the device, discard the last frame and wait for the thread to end."""
        self._ended.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None
        with self._changed:
            self._frame = None
            self._changed.notify_all()

    # --- camera thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._ended.is_set():
            if not self._should_be_open():
                self._set_lost(self.source.absent() if isinstance(self.source, Locatable) else None)
                self._pause(_PRESENCE_INTERVAL, self._should_be_open)
                continue
            lost = self._serve()
            if lost is None:
                wait = _FIRST_WAIT
                continue
            self._set_lost(lost)
            self._pause(wait, lambda: False)
            wait = min(wait * 2, _MAX_WAIT)

    def _should_be_open(self) -> bool:
        return self.keep_open or self._users > 0

    def _pause(self, seconds: float, until: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended.is_set() or until(), seconds)

    def _serve(self) -> CameraLost | None:
        """Open the device and grab frames. Returns the loss, or None when the device should be closed."""
        with self._changed:
            self._opened_at, self._last_arrival = time.monotonic(), None
        try:
            return self.source.open() or self._grab()
        finally:
            self.source.close()
            with self._changed:
                self._opened_at = self._frame = None
            self._notify(None)

    def _grab(self) -> CameraLost | None:
        in_use = False
        while not self._ended.is_set() and self._should_be_open():
            was_in_use, in_use = in_use, self._users > 0
            if was_in_use and not in_use:
                self._notify(None)
            frame = self.source.skip() if not in_use and isinstance(self.source, Skippable) else self.source.read()
            if isinstance(frame, CameraLost):
                return frame
            self._on_grabbed(frame)
        return None

    def _on_grabbed(self, frame: "Frame | None") -> None:
        """Store a new frame, or note an undecoded one (None)."""
        with self._changed:
            now = time.monotonic()
            if self._last_arrival is None and self._opened_at is not None:
                self.opening_seconds = now - self._opened_at
            used = frame if self._users else None
            self._frame, self._lost, self._last_arrival = used, None, now
            self._changed.notify_all()
        if used is not None:
            self._notify(used)

    def _notify(self, frame: "Frame | None") -> None:
        with self._changed:
            listeners = list(self._listeners)
        for on_frame in listeners:
            on_frame(frame)

    def _set_lost(self, lost: CameraLost | None) -> None:
        with self._changed:
            self._lost = lost
            self._changed.notify_all()
