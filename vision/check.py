"""Face check: compare the person in front of the camera with the card's photo, and detect photographs."""

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
from vision.good_frames import AddResult, GoodFrames
from vision.guidance import Limits, SteadyGuidance, guide
from vision.reference import Reference
from vision.turn_challenge import REQUIREMENTS, Phase, TurnChallenge
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

_FRAME_TIMEOUT = 0.2
"""Maximum seconds to wait for a frame, so that a stop request is noticed."""
_FROZEN_AFTER = 2.0
"""Seconds of identical frames after which the image is considered frozen."""
_AROUND_TURN = 2
"""Number of good frames at the start and end of a turn, to verify that it is the same person."""
_MAX_TURN_FACING_CAMERA = 0.2
"""`Limits.max_turn` with an anti-photo check, where turns must begin and end facing the camera."""


class LiveView(Protocol):
    """Source of live frames, such as `vision.camera.Camera`."""

    @property
    def name(self) -> str: ...

    def after(self, number: int, timeout: float) -> Frame | CameraLost | None: ...

    def prompt(self, guidance: Guidance) -> None: ...


class AntiSpoofing(Protocol):
    """Network that detects printed photos."""

    def liveness(self, rgb: Image, face: Face) -> float:
        """Return the liveness from 0 (photograph) to 1 (face)."""


MIN_LIVENESS = 0.3
"""Mean liveness of the collected frames below which a photograph is suspected."""


def check_face(
    camera: LiveView,
    reference: Reference,
    engine: FaceEngine,
    settings: VisionSettings,
    on_progress: Callable[[FaceCheckProgress], None],
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
    rng: random.Random | None = None,
    *,
    calibration: Calibration | None = None,
    anti_spoofing: AntiSpoofing | None = None,
) -> FaceVerdict:
    """Run one attempt, blocking: compare the mean encoding of `settings.frames` good frames with the reference.

    Good frames are at least `frame_spacing_ms` apart and differ from each other. An anti-photo check uses frames from
    before and after a turn of the head. Encodings are overwritten at the end. `rng`: random generator for side and
    time of the turn. `calibration`: defaults to the engine's. `anti_spoofing`: only used with an anti-photo check.
    """
    attempt = _Attempt(
        camera,
        reference,
        engine,
        settings,
        on_progress,
        clock,
        rng,
        calibration or engine.calibration,
        anti_spoofing if settings.anti_photo in REQUIREMENTS else None,
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
        rng: random.Random | None,
        calibration: Calibration,
        anti_spoofing: AntiSpoofing | None,
    ) -> None:
        self._camera, self._reference, self._engine, self._settings = camera, reference, engine, settings
        self._on_progress, self._clock = on_progress, clock
        self._calibration, self._anti_spoofing = calibration, anti_spoofing
        self._print_suspected = False
        requirements = REQUIREMENTS.get(settings.anti_photo)
        self._challenge = TurnChallenge(requirements, rng) if requirements else None
        self._limits = replace(Limits(), max_turn=_MAX_TURN_FACING_CAMERA) if requirements else Limits()
        self._started_at = clock()
        self._collected = GoodFrames(settings, self._started_at, calibration)
        self._steady, self._good = SteadyGuidance(), False
        self._reported: FaceCheckProgress | None = None

    def wipe(self) -> None:
        self._collected.wipe()
        if self._challenge is not None:
            self._challenge.wipe()

    def run(self, stop: threading.Event) -> FaceVerdict:
        number = -1
        while self._clock() - self._started_at < self._settings.attempt_seconds:
            if stop.is_set():
                return FaceCheckStopped()
            frame = self._camera.after(number, _FRAME_TIMEOUT)
            if isinstance(frame, CameraLost):
                return frame
            if frame is None:
                continue
            number = frame.number
            if self._collected.is_repeated(frame, self._clock()):
                if self._clock() - self._collected.changed_at > _FROZEN_AFTER:
                    return CameraLost(f"{self._camera.name}: the image is frozen")
                continue
            verdict = self._process(frame)
            if verdict is not None:
                return verdict
        if self._challenge is not None and self._challenge.phase is Phase.TURNING:
            return PhotoSuspected(PhotoSign.NOT_TURNED)
        guidance = self._reported.guidance if self._reported is not None else Guidance.NO_FACE
        return FaceNotSeen(guidance, len(self._collected.encodings))

    def _process(self, frame: Frame) -> FaceVerdict | None:
        faces = self._engine.faces(frame.grey)
        face = faces[0] if len(faces) == 1 else None
        outcome = self._handle_turn(frame, face)
        if not self._collected.note_faces(len(faces), self._clock()):
            outcome = self._restart() or outcome
        if isinstance(outcome, PhotoSign):
            return PhotoSuspected(outcome)
        if outcome is not None:
            self._good = False
            self._report(outcome, frame)
            return None
        limits = self._limits.loosened() if self._good else self._limits
        guidance = guide(frame.grey, faces, limits)
        if (
            guidance is None
            and face is not None
            and self._challenge is not None
            and not self._challenge.is_facing_forward(face.landmarks)
        ):
            guidance = Guidance.LOOK_AHEAD
        self._good = guidance is None
        if face is not None and guidance is None:
            next_guidance = self._use(frame, face)
            if isinstance(next_guidance, PhotoSign):
                return PhotoSuspected(next_guidance)
            guidance = next_guidance
        self._report(guidance or Guidance.HOLD_STILL, frame)
        enough = len(self._collected.encodings) >= self._settings.frames
        if not enough or not (self._challenge is None or self._challenge.passed):
            return None
        return self._handle_suspected_print(frame) if self._looks_printed() else self._decide()

    def _looks_printed(self) -> bool:
        liveness = self._collected.liveness
        return bool(liveness) and float(np.mean(liveness)) < MIN_LIVENESS

    def _handle_suspected_print(self, frame: Frame) -> PhotoSuspected | None:
        """Return the verdict on a suspected print, or None the first time, when another turn is requested."""
        if self._print_suspected:
            return PhotoSuspected(PhotoSign.PRINTED)
        self._print_suspected = True
        self._collected.forget()
        sign = self._restart()
        if sign is not None:
            return PhotoSuspected(sign)
        self._report(Guidance.ONCE_MORE, frame)
        return None

    def _handle_turn(self, frame: Frame, face: Face | None) -> Guidance | PhotoSign | None:
        """Return the guidance during a turn; None if no turn is in progress or it has just been completed."""
        if self._challenge is None or self._challenge.phase is not Phase.TURNING:
            return None
        outcome = self._challenge.update(frame.grey, face.landmarks if face else None, frame.taken_at)
        if not self._challenge.just_turned or face is None:
            return outcome
        # the collected frames must show the person who turned
        encoding = self._engine.encode(frame.grey, face)
        same = self._collected.is_same(encoding)
        encoding.fill(0)
        if same:
            return outcome
        self._collected.forget()
        return self._restart() or Guidance.ONCE_MORE

    def _restart(self) -> PhotoSign | None:
        return self._challenge.restart() if self._challenge is not None else None

    def _use(self, frame: Frame, face: Face) -> Guidance | PhotoSign | None:
        """Collect a good frame, use it as the first or last frame of a turn, or drop it."""
        challenge, collected = self._challenge, self._collected
        lacking = len(collected.encodings) < self._needed()
        turned = challenge is not None and challenge.phase is Phase.TURNING
        begins = challenge is not None and not lacking and challenge.is_due(frame.taken_at)
        if not (turned or begins or (lacking and collected.is_due(frame))):
            return None
        liveness = self._anti_spoofing.liveness(frame.rgb, face) if self._anti_spoofing is not None else None
        added = collected.add(frame, self._engine.encode(frame.grey, face), liveness)
        if added is AddResult.DROPPED:
            return None
        if added is AddResult.RESTARTED:
            return self._restart() or None
        if challenge is not None and turned:
            challenge.complete()
        elif challenge is not None and begins:
            return challenge.begin(frame.grey, face.landmarks, frame.taken_at)
        return None

    def _needed(self) -> int:
        """Return the number of good frames to collect, excluding the first and last frame of the turn."""
        if self._challenge is None or self._challenge.passed:
            return self._settings.frames
        return self._settings.frames - _AROUND_TURN

    def _report(self, current: Guidance, frame: Frame) -> None:
        guidance = self._steady.update(current, frame.taken_at)
        progress = FaceCheckProgress(guidance, len(self._collected.encodings), self._settings.frames)
        if progress != self._reported:
            self._reported = progress
            self._camera.prompt(guidance)
            self._on_progress(progress)

    def _decide(self) -> FaceMatch | FaceNotMatched:
        encodings = self._collected.encodings
        mean = np.mean(encodings, axis=0)
        difference = distance(mean, self._reference.encoding)
        mean.fill(0)
        verdict = FaceMatch if difference <= self._calibration.threshold(len(encodings)) else FaceNotMatched
        return verdict(difference, len(encodings), round((self._clock() - self._started_at) * 1000))
