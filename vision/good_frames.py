"""The good frames of one face check, as encodings: different pictures, some time apart, of one person."""

from enum import Enum, auto

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.face import Encoding
from vision.frame import Frame

_OUTLIER_FOR = 0.4
"""Seconds for which a face may look like another person's: a blink, a blur."""
_UNSEEN_FOR = 1.0
"""Seconds without a face after which it may be another person's."""


class Added(Enum):
    KEPT = auto()
    DROPPED = auto()
    """It looks like another person's, so far only for a moment."""
    BEGUN_AGAIN = auto()
    """It shows another person than the frames before, which are forgotten, and is the first of the new ones."""


class GoodFrames:
    """Encodings are overwritten by `wipe`."""

    def __init__(self, settings: VisionSettings, now: float, calibration: Calibration) -> None:
        self._calibration = calibration
        self.encodings: list[Encoding] = []
        self.liveness: list[float] = []
        """What an anti-spoofing network said of each, 0 a photograph to 1 a face; empty without one."""
        self._spacing = settings.frame_spacing_ms / 1000
        self._last_taken = float("-inf")
        self._other_since: float | None = None
        self._last_grey = np.zeros((1, 1), np.uint8)
        self._seen_at = now
        self.changed_at = now

    def is_repeated(self, frame: Frame, now: float) -> bool:
        """Return whether it equals the picture before: a frozen camera, or a still one fed in."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def seen(self, faces: int, now: float) -> bool:
        """Return False if the face was away for so long that everything starts over."""
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
        """Return whether it shows the person of the frames before; True if there are none."""
        return not self.encodings or self._calibration.is_same(encoding, np.mean(self.encodings, axis=0))

    def add(self, frame: Frame, encoding: Encoding, liveness: float | None = None) -> Added:
        """The encoding is overwritten where it is dropped."""
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
