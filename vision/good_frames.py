"""Collection of the good frames of a face check: encodings of one person from images some time apart."""

from enum import Enum, auto

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.face import Encoding
from vision.frame import Frame

_OUTLIER_FOR = 0.4
"""Seconds for which a face may look like another person, for example because of blinking or blur."""
_UNSEEN_FOR = 1.0
"""Seconds without a face after which another person is assumed."""


class Added(Enum):
    COLLECTED = auto()
    DROPPED = auto()
    """The frame looks like another person, but only briefly so far."""
    RESTARTED = auto()
    """The frame shows another person. Previous frames were dropped, and it is the first of a new collection."""


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
        self._seen_at = now
        self.changed_at = now

    def is_repeated(self, frame: Frame, now: float) -> bool:
        """Return whether the frame equals the previous one, as with a frozen camera or a still image."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def note_faces(self, faces: int, now: float) -> bool:
        """Note the number of detected faces. Returns False if the face was absent too long: restart the check."""
        if faces == 1:
            continuous = now - self._seen_at <= _UNSEEN_FOR or not self.encodings
            self._seen_at = now
            if not continuous:
                self.forget()
            return continuous
        return True

    def is_due(self, frame: Frame) -> bool:
        return frame.taken_at - self._last_taken >= self._spacing

    def is_same(self, encoding: Encoding) -> bool:
        """Return whether the encoding matches the previous frames; True without previous frames."""
        return not self.encodings or self._calibration.is_same(encoding, np.mean(self.encodings, axis=0))

    def add(self, frame: Frame, encoding: Encoding, liveness: float | None = None) -> Added:
        """Add a frame. The encoding of a dropped frame is overwritten."""
        same = self.is_same(encoding)
        if same:
            self._other_since = None
        elif self._other_since is None or frame.taken_at - self._other_since < _OUTLIER_FOR:
            self._other_since = frame.taken_at if self._other_since is None else self._other_since
            encoding.fill(0)
            return Added.DROPPED
        else:
            self.forget()
        self._last_taken = frame.taken_at
        self.encodings.append(encoding)
        if liveness is not None:
            self.liveness.append(liveness)
        return Added.COLLECTED if same else Added.RESTARTED

    def forget(self) -> None:
        for encoding in self.encodings:
            encoding.fill(0)
        self.encodings.clear()
        self.liveness.clear()
        self._other_since = None

    def wipe(self) -> None:
        self.forget()
        self._last_grey = np.zeros((1, 1), np.uint8)
