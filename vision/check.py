"""The face check: is the person before the camera the one on the card's photo?"""

import threading
import time
from collections.abc import Callable

import numpy as np

from config.settings import VisionSettings
from vision.collected import Collected
from vision.decision import Judge, judge_of
from vision.engine import Encoding, FaceEngine, Pointing, flip_averaged
from vision.guidance import Limits, Steady, guide
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
_LIMITS = Limits()
_LOOSENED = _LIMITS.loosened()
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
    collected = Collected(settings, clock(), judge_of(engine).swap)
    try:
        return _check(camera, reference, engine, settings, on_progress, stop, clock, collected)
    finally:
        collected.wipe()


def _check(
    camera: Camera,
    reference: Reference,
    engine: FaceEngine,
    settings: VisionSettings,
    on_progress: Callable[[Progress], None],
    stop: threading.Event,
    clock: Callable[[], float],
    collected: Collected,
) -> FaceVerdict:
    began = clock()
    number = -1
    told: Progress | None = None
    steady, good = Steady(), False
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
        points = engine.points(frame.grey, boxes[0]) if boxes and isinstance(engine, Pointing) else None
        wanted = guide(frame.grey, boxes, _LOOSENED if good else _LIMITS, points)
        good = wanted is None
        guidance = steady.tell(wanted or Guidance.HOLD_STILL, frame.taken_at)
        collected.seen(len(boxes), clock())
        if good and collected.is_due(frame):
            collected.add(frame, flip_averaged(engine, frame.grey, boxes[0]))
        progress = Progress(guidance, len(collected.encodings), settings.frames)
        if progress != told:
            told = progress
            on_progress(progress)
        if len(collected.encodings) >= settings.frames:
            milliseconds = round((clock() - began) * 1000)
            return _decide(collected.encodings, reference, judge_of(engine), settings, milliseconds)
    return FaceNotSeen(guidance, len(collected.encodings))


def _decide(
    encodings: list[Encoding], reference: Reference, judge: Judge, settings: VisionSettings, milliseconds: int
) -> FaceMatched | FaceNotMatched:
    mean = np.mean(encodings, axis=0)
    distance = float(np.linalg.norm(mean - reference.encoding))
    mean.fill(0)
    matches = judge.matches(distance, reference.encoding, len(encodings), settings.threshold)
    kind = FaceMatched if matches else FaceNotMatched
    return kind(distance, len(encodings), milliseconds)
