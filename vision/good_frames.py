"""Collect the good frames of a face check: encodings of one person, some time apart."""

from enum import Enum, auto

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.face import Encoding
from vision.frame import Frame

_MAX_OUTLIER_SECONDS = 0.4
"""Seconds for which a face may look like a different person, for example because of blinking or blur."""
_MAX_ABSENCE = 1.0
"""Seconds without a face after which a different person is assumed."""


class AddResult(Enum):
    COLLECTED = auto()
    DROPPED = auto()
    """The frame looks like a different person, who has only appeared briefly."""
    RESTARTED = auto()
    """The frame shows a different person. It is the first of a new collection; previous frames were dropped."""


class GoodFrames:
    """Collected frames. `wipe` overwrites the encodings."""

    def __init__(self, settings: VisionSettings, now: float, calibration: Calibration) -> None:
        self._calibration = calibration
        self.encodings: list[Encoding] = []
        self.liveness: list[float] = []
        """Liveness of each frame from 0 (photograph) to 1 (face); empty without an anti-spoofing network."""
        self._spacing = settings.frame_spacing_ms / 1000
        self._last_taken = float("-inf")
        self._other_since: float | None = None
        self._last_grey = np.zeros((1, 1), np.uint8)
        self._last_face_at = now
        self.changed_at = now

    def is_repeated(self, frame: Frame, now: float) -> bool:
        """Return whether the frame equals the previous one, as with a frozen camera or a still image."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def note_faces(self, faces: int, now: float) -> bool:
        """Record the number of detected faces. Returns False if the check must restart after a long absence."""
        if faces == 1:
            continuous = now - self._last_face_at <= _MAX_ABSENCE or not self.encodings
            self._last_face_at = now
            if not continuous:
                self.forget()
            return continuous
        return True

    def is_due(self, frame: Frame) -> bool:
        return frame.taken_at - self._last_taken >= self._spacing

    def is_same(self, encoding: Encoding) -> bool:
        """Return whether the encoding matches the previous frames; True if there are none."""
        return not self.encodings or self._calibration.is_same(encoding, np.mean(self.encodings, axis=0))

    def add(self, frame: Frame, encoding: Encoding, liveness: float | None = None) -> AddResult:
        """Add a frame. The encoding of a dropped frame is overwritten."""
        same = self.is_same(encoding)
        if same:
            self._other_since = None
        elif self._other_since is None or frame.taken_at - self._other_since < _MAX_OUTLIER_SECONDS:
            self._other_since = frame.taken_at if self._other_since is None else self._other_since
            encoding.fill(0)
            return AddResult.DROPPED
        else:
            self.forget()
        self._last_taken = frame.taken_at
        self.encodings.append(encoding)
        if liveness is not None:
            self.liveness.append(liveness)
        return AddResult.COLLECTED if same else AddResult.RESTARTED

    def forget(self) -> None:
        for encoding in self.encodings:
            encoding.fill(0)
        self.encodings.clear()
        self.liveness.clear()
        self._other_since = None

    def wipe(self) -> None:
        self.forget()
        self._last_grey = np.zeros((1, 1), np.uint8)
