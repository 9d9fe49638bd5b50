"""The good frames of one face check, as encodings: different pictures, some time apart, of one person."""

import numpy as np

from config.settings import VisionSettings
from vision.decision import SOMEBODY_ELSE
from vision.engines.engine import Encoding
from vision.frame import Frame

_UNSEEN_FOR = 1.0
"""Seconds without a face after which it may be somebody else's."""


class GoodFrames:
    """Encodings are overwritten by `wipe`."""

    def __init__(self, settings: VisionSettings, now: float, swap: float = SOMEBODY_ELSE) -> None:
        """`swap`: a frame further than this from the mean of those before it shows somebody else."""
        self._swap = swap
        self.encodings: list[Encoding] = []
        self._spacing = settings.frame_spacing_ms / 1000
        self._last_taken = float("-inf")
        self._last_grey = np.zeros((1, 1), np.uint8)
        self._seen_at = now
        self.changed_at = now

    def is_repeated(self, frame: Frame, now: float) -> bool:
        """Exactly the picture before: a frozen camera, or a still one fed in."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def seen(self, faces: int, now: float) -> bool:
        """False where the face was away for so long that everything begins again."""
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
        """Whether it shows the person of the frames before; true where there are none."""
        return not self.encodings or bool(np.linalg.norm(encoding - np.mean(self.encodings, axis=0)) <= self._swap)

    def add(self, frame: Frame, encoding: Encoding) -> bool:
        """False where it shows somebody else than the frames before: then it is the first one."""
        same = self.is_same(encoding)
        if not same:
            self.forget()
        self._last_taken = frame.taken_at
        self.encodings.append(encoding)
        return same

    def forget(self) -> None:
        for encoding in self.encodings:
            encoding.fill(0)
        self.encodings.clear()

    def wipe(self) -> None:
        self.forget()
        self._last_grey = np.zeros((1, 1), np.uint8)
