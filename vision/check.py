"""The face check: is the person before the camera the one on the card's photo?"""

import threading
import time
from collections.abc import Callable

import numpy as np

from config.settings import VisionSettings
from vision.engine import Encoding, FaceEngine, flip_averaged
from vision.frame import Frame
from vision.guidance import guide
from vision.latest import Camera
from vision.reference import Reference
from vision.verdict import (
    CameraLost,
    FaceCheckStopped,
    FaceMatched,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    Guidance,
    Progress,
)

_PATIENCE = 0.2
"""Seconds to wait for a frame before looking whether to stop."""
_FROZEN_AFTER = 2.0
"""A camera that sends the very same picture for so long shows no living person."""


def check_face(
    camera: Camera,
    reference: Reference,
    engine: FaceEngine,
    settings: VisionSettings,
    on_progress: Callable[[Progress], None],
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
) -> FaceVerdict:
    """Blocks for one attempt: the mean encoding of `settings.frames` good frames against the reference.

    Good frames lie `frame_spacing_ms` apart and differ from each other. Encodings are overwritten at the end.
    """
    collected = _Collected(settings)
    try:
        return _check(camera, reference, engine, settings, on_progress, stop, clock, collected)
    finally:
        collected.wipe()


class _Collected:
    """The good frames so far, as encodings."""

    def __init__(self, settings: VisionSettings) -> None:
        self.encodings: list[Encoding] = []
        self._spacing = settings.frame_spacing_ms / 1000
        self._last_taken = float("-inf")
        self._last_grey = np.zeros((1, 1), np.uint8)
        self.changed_at = float("-inf")

    def is_repeated(self, frame: Frame, now: float) -> bool:
        """Exactly the picture before: a frozen camera, or a still one fed in."""
        repeated = np.array_equal(frame.grey, self._last_grey)
        if not repeated:
            self._last_grey = frame.grey
            self.changed_at = now
        return repeated

    def is_due(self, frame: Frame) -> bool:
        return frame.taken_at - self._last_taken >= self._spacing

    def add(self, frame: Frame, encoding: Encoding) -> None:
        self._last_taken = frame.taken_at
        self.encodings.append(encoding)

    def wipe(self) -> None:
        for encoding in self.encodings:
            encoding.fill(0)
        self.encodings.clear()
        self._last_grey = np.zeros((1, 1), np.uint8)


def _check(
    camera: Camera,
    reference: Reference,
    engine: FaceEngine,
    settings: VisionSettings,
    on_progress: Callable[[Progress], None],
    stop: threading.Event,
    clock: Callable[[], float],
    collected: _Collected,
) -> FaceVerdict:
    began = collected.changed_at = clock()
    number = -1
    told: Progress | None = None
    guidance = Guidance.NO_FACE
    while clock() - began < settings.attempt_seconds:
        if stop.is_set():
            return FaceCheckStopped()
        frame = camera.after(number, _PATIENCE)
        if isinstance(frame, CameraLost):
            return frame
        if frame is None:
            continue
        number = frame.number
        if collected.is_repeated(frame, clock()):
            if clock() - collected.changed_at > _FROZEN_AFTER:
                return CameraLost(f"{camera.name}: the picture is frozen")
            continue
        boxes = engine.faces(frame.grey)
        wanted = guide(frame.grey, boxes)
        guidance = wanted or Guidance.HOLD_STILL
        if wanted is None and collected.is_due(frame):
            collected.add(frame, flip_averaged(engine, frame.grey, boxes[0]))
        progress = Progress(guidance, len(collected.encodings), settings.frames)
        if progress != told:
            told = progress
            on_progress(progress)
        if len(collected.encodings) >= settings.frames:
            return _decide(collected.encodings, reference, settings, round((clock() - began) * 1000))
    return FaceNotSeen(guidance, len(collected.encodings))


def _decide(
    encodings: list[Encoding], reference: Reference, settings: VisionSettings, milliseconds: int
) -> FaceMatched | FaceNotMatched:
    mean = np.mean(encodings, axis=0)
    distance = float(np.linalg.norm(mean - reference.encoding))
    mean.fill(0)
    kind = FaceMatched if distance <= settings.threshold else FaceNotMatched
    return kind(distance, len(encodings), milliseconds)
