"""The face check: whether the person in front of the camera matches the card's photo and is not a photograph."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.face import Face, distance
from vision.frame import Frame, Image
from vision.good_frames import Added, GoodFrames
from vision.guidance import Limits, Steady, guide
from vision.reference import Reference
from vision.turn_challenge import DEMANDS, Phase, TurnChallenge
from vision.verdict import (
    CameraLost,
    FaceCheckProgress,
    FaceCheckStopped,
    FaceMatch,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    Guidance,
    PhotoSign,
    PhotoSuspected,
)

_PATIENCE = 0.2
"""Seconds to wait for a frame before checking whether to stop."""
_FROZEN_AFTER = 2.0
"""Seconds with identical frames after which the picture counts as frozen."""
_AROUND_TURN = 2
"""Number of good frames taken at the start and end of a turn, to show that it is the same person."""
_AHEAD = 0.2
"""`Limits.turned` with a challenge, where a turn must begin and end facing the camera."""


class LiveView(Protocol):
    """Source of live frames, such as `vision.camera.Camera`."""

    @property
    def name(self) -> str: ...

    def after(self, number: int, timeout: float) -> Frame | CameraLost | None: ...

    def prompt(self, guidance: Guidance) -> None: ...


class AntiSpoofing(Protocol):
    """Network that detects traces of paper and print."""

    def liveness(self, rgb: Image, face: Face) -> float:
        """Return the liveness from 0 (photograph) to 1 (face)."""


PHOTOGRAPH = 0.3
"""Mean liveness of the collected frames below which a photograph is suspected."""


def check_face(
    camera: LiveView,
    reference: Reference,
    engine: FaceEngine,
    settings: VisionSettings,
    on_progress: Callable[[FaceCheckProgress], None],
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
    chance: random.Random | None = None,
    *,
    calibration: Calibration | None = None,
    anti_spoofing: AntiSpoofing | None = None,
) -> FaceVerdict:
    """Run one attempt, blocking: compare the mean encoding of `settings.frames` good frames with the reference.

    Good frames are at least `frame_spacing_ms` apart and differ from each other. With an anti-photo check, some are
    taken before the head turns and some after. Encodings are overwritten at the end. `chance`: random generator for
    side and time of the turn. `calibration`: by default that of the engine. `anti_spoofing`: only used with an
    anti-photo check.
    """
    attempt = _Attempt(
        camera,
        reference,
        engine,
        settings,
        on_progress,
        clock,
        chance,
        calibration or engine.calibration,
        anti_spoofing if settings.anti_photo in DEMANDS else None,
    )
    try:
        return attempt.run(stop)
    finally:
        attempt.wipe()


class _Attempt:
    def __init__(
        self,
        camera: LiveView,
        reference: Reference,
        engine: FaceEngine,
        settings: VisionSettings,
        on_progress: Callable[[FaceCheckProgress], None],
        clock: Callable[[], float],
        chance: random.Random | None,
        calibration: Calibration,
        anti_spoofing: AntiSpoofing | None,
    ) -> None:
        self._camera, self._reference, self._engine, self._settings = camera, reference, engine, settings
        self._on_progress, self._clock = on_progress, clock
        self._calibration, self._anti_spoofing = calibration, anti_spoofing
        self._looked_printed = False
        demands = DEMANDS.get(settings.anti_photo)
        self._challenge = TurnChallenge(demands, chance) if demands else None
        self._limits = replace(Limits(), turned=_AHEAD) if demands else Limits()
        self._began = clock()
        self._collected = GoodFrames(settings, self._began, calibration)
        self._steady, self._good = Steady(), False
        self._reported: FaceCheckProgress | None = None

    def wipe(self) -> None:
        self._collected.wipe()
        if self._challenge is not None:
            self._challenge.wipe()

    def run(self, stop: threading.Event) -> FaceVerdict:
        number = -1
        while self._clock() - self._began < self._settings.attempt_seconds:
            if stop.is_set():
                return FaceCheckStopped()
            frame = self._camera.after(number, _PATIENCE)
            if isinstance(frame, CameraLost):
                return frame
            if frame is None:
                continue
            number = frame.number
            if self._collected.is_repeated(frame, self._clock()):
                if self._clock() - self._collected.changed_at > _FROZEN_AFTER:
                    return CameraLost(f"{self._camera.name}: the picture is frozen")
                continue
            verdict = self._look(frame)
            if verdict is not None:
                return verdict
        if self._challenge is not None and self._challenge.phase is Phase.TURNING:
            return PhotoSuspected(PhotoSign.NOT_TURNED)
        guidance = self._reported.guidance if self._reported is not None else Guidance.NO_FACE
        return FaceNotSeen(guidance, len(self._collected.encodings))

    def _look(self, frame: Frame) -> FaceVerdict | None:
        faces = self._engine.faces(frame.grey)
        face = faces[0] if len(faces) == 1 else None
        found = self._turning(frame, face)
        if not self._collected.seen(len(faces), self._clock()):
            found = self._begin_again() or found
        if isinstance(found, PhotoSign):
            return PhotoSuspected(found)
        if found is not None:
            self._good = False
            self._report(found, frame)
            return None
        limits = self._limits.loosened() if self._good else self._limits
        guidance = guide(frame.grey, faces, limits)
        if (
            guidance is None
            and face is not None
            and self._challenge is not None
            and not self._challenge.is_ahead(face.points)
        ):
            guidance = Guidance.LOOK_AHEAD
        self._good = guidance is None
        if face is not None and guidance is None:
            used = self._use(frame, face)
            if isinstance(used, PhotoSign):
                return PhotoSuspected(used)
            guidance = used
        self._report(guidance or Guidance.HOLD_STILL, frame)
        enough = len(self._collected.encodings) >= self._settings.frames
        if not enough or not (self._challenge is None or self._challenge.passed):
            return None
        return self._suspected(frame) if self._looks_printed() else self._decide()

    def _looks_printed(self) -> bool:
        votes = self._collected.liveness
        return bool(votes) and float(np.mean(votes)) < PHOTOGRAPH

    def _suspected(self, frame: Frame) -> PhotoSuspected | None:
        """Request another turn the first time and return None."""
        if self._looked_printed:
            return PhotoSuspected(PhotoSign.PRINTED)
        self._looked_printed = True
        self._collected.forget()
        sign = self._begin_again()
        if sign is not None:
            return PhotoSuspected(sign)
        self._report(Guidance.ONCE_MORE, frame)
        return None

    def _turning(self, frame: Frame, face: Face | None) -> Guidance | PhotoSign | None:
        """Return the guidance during a turn; None if there is no turn or it is completed."""
        if self._challenge is None or self._challenge.phase is not Phase.TURNING:
            return None
        found = self._challenge.turned(frame.grey, face.points if face else None, frame.taken_at)
        if not self._challenge.just_turned or face is None:
            return found
        # check that the person who turned is the one whose frames were collected
        encoding = self._engine.encode(frame.grey, face)
        same = self._collected.is_same(encoding)
        encoding.fill(0)
        if same:
            return found
        self._collected.forget()
        return self._begin_again() or Guidance.ONCE_MORE

    def _begin_again(self) -> PhotoSign | None:
        return self._challenge.begin_again() if self._challenge is not None else None

    def _use(self, frame: Frame, face: Face) -> Guidance | PhotoSign | None:
        """Handle a good frame: collect it, use it as the first or last frame of a turn, or drop it."""
        challenge, collected = self._challenge, self._collected
        lacking = len(collected.encodings) < self._needed()
        turned = challenge is not None and challenge.phase is Phase.TURNING
        begins = challenge is not None and not lacking and challenge.is_time(frame.taken_at)
        if not (turned or begins or (lacking and collected.is_due(frame))):
            return None
        vote = self._anti_spoofing.liveness(frame.rgb, face) if self._anti_spoofing is not None else None
        added = collected.add(frame, self._engine.encode(frame.grey, face), vote)
        if added is Added.DROPPED:
            return None
        if added is Added.BEGUN_AGAIN:
            return self._begin_again() or None
        if challenge is not None and turned:
            challenge.settle()
        elif challenge is not None and begins:
            return challenge.begin(frame.grey, face.points, frame.taken_at)
        return None

    def _needed(self) -> int:
        """Return how many good frames to collect now, without the first and last frame of the turn."""
        if self._challenge is None or self._challenge.passed:
            return self._settings.frames
        return self._settings.frames - _AROUND_TURN

    def _report(self, seen: Guidance, frame: Frame) -> None:
        guidance = self._steady.update(seen, frame.taken_at)
        progress = FaceCheckProgress(guidance, len(self._collected.encodings), self._settings.frames)
        if progress != self._reported:
            self._reported = progress
            self._camera.prompt(guidance)
            self._on_progress(progress)

    def _decide(self) -> FaceMatch | FaceNotMatched:
        encodings = self._collected.encodings
        mean = np.mean(encodings, axis=0)
        apart = distance(mean, self._reference.encoding)
        mean.fill(0)
        kind = FaceMatch if apart <= self._calibration.threshold(len(encodings)) else FaceNotMatched
        return kind(apart, len(encodings), round((self._clock() - self._began) * 1000))
