"""Good frames of a face check as encodings: different pictures of one person, some time apart."""

from enum import Enum, auto

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.face import Encoding
from vision.frame import Frame

_OUTLIER_FOR = 0.4
"""Seconds for which a face may look like another person, for example because of a blink or blur."""
_UNSEEN_FOR = 1.0
"""Seconds without a face after which it may be another person."""


class Added(Enum):
    KEPT = auto()
    DROPPED = auto()
    """It looks like another person, so far only for a moment."""
    BEGUN_AGAIN = auto()
    """It shows another person than the previous frames, which were dropped, and is the first of the new ones."""


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
        """Return whether it equals the previous picture, as from a frozen camera or a still image."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def seen(self, faces: int, now: float) -> bool:
        """Return False if the face was away so long that the check must start over."""
        if faces == 1:
            kept = now - self._seen_at <= _UNSEEN_FOR or not self.encodings
            self._seen_at = now
            if not kept:
                self.forget()
            return kept
        return True

    def is_due(self, frame: Frame) -> bool:
        return frame.taken_at - self._last_taken >= self._spacing

    def is_same(self, encoding: Encoding) -> bool:
        """Return whether it shows the same person as the previous frames; True if there are none."""
        return not self.encodings or self._calibration.is_same(encoding, np.mean(self.encodings, axis=0))

    def add(self, frame: Frame, encoding: Encoding, liveness: float | None = None) -> Added:
        """Add a frame. If it is dropped, its encoding is overwritten."""
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
        return Added.KEPT if same else Added.BEGUN_AGAIN

    def forget(self) -> None:
        for encoding in self.encodings:
            encoding.fill(0)
        self.encodings.clear()
        self.liveness.clear()
        self._other_since = None

    def wipe(self) -> None:
        self.forget()
        self._last_grey = np.zeros((1, 1), np.uint8)
