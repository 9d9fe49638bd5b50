"""Perform camera effects: encode the card's photo as the reference and compare the live face with it.

The camera is open only during a face check.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from config.settings import VisionSettings
from reader.authenticity import is_from_test_authority
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.problems import ProblemCode
from terminal.session import events as ev
from terminal.session.effects import CheckFace
from vision.verdict import (
    CameraLost,
    FaceCheckProgress,
    FaceCheckStopped,
    FaceMatch,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    PhotoSuspected,
    ReferenceProblem,
)

if TYPE_CHECKING:
    from vision.camera import Camera
    from vision.check import AntiSpoofing
    from vision.decision import Calibration
    from vision.engines.engine import FaceEngine

log = logging.getLogger(__name__)


class CameraDesk:
    def __init__(
        self,
        camera: "Camera",
        engine: Callable[[], "FaceEngine"],
        settings: VisionSettings,
        watch_every: float = 0.2,
        anti_spoofing: "Callable[[], AntiSpoofing | None]" = lambda: None,
    ) -> None:
        """`anti_spoofing` loads the installed anti-spoofing networks, or returns None if none are installed."""
        self.camera = camera
        self.on_problem: Callable[[str], None] = lambda code: None
        """Called with a problem code to show to staff."""
        self._make_engine = engine
        self._engine: FaceEngine | None = None
        self._make_anti_spoofing = anti_spoofing
        self._anti_spoofing: AntiSpoofing | None = None
        self._settings = settings
        self._worker = Worker("face")
        self._stop = threading.Event()
        self._watch_every = watch_every
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, on_change: Callable[[bool], None]) -> None:
        """Start the camera. Call `on_change` with its availability whenever that changes."""
        self.camera.start()
        self._watcher = threading.Thread(target=self._watch, args=(on_change,), name="camera-watch", daemon=True)
        self._watcher.start()

    def _watch(self, on_change: Callable[[bool], None]) -> None:
        available = True
        while not self._ended.wait(self._watch_every):
            is_available = self.camera.lost() is None
            if is_available != available:
                available = is_available
                on_change(available)

    async def warm_up(self) -> None:
        """Load the face engine before the first patient arrives. Takes several seconds."""
        await self._worker.run(self._loaded)

    def _loaded(self) -> "FaceEngine":
        if self._engine is None:
            self._engine = self._make_engine()
            self._anti_spoofing = self._make_anti_spoofing()
        return self._engine

    async def encode_photo(self, patient: Patient, photo: bytearray) -> bool:
        """Encode the card's photo, then overwrite it. Return False if no face was found in it."""
        return await self._worker.run(self._encode_photo, patient, photo)

    def _encode_photo(self, patient: Patient, photo: bytearray) -> bool:
        from vision.reference import make_reference

        try:
            if patient.wiped:
                return False
            reference = make_reference(self._loaded(), photo)
        finally:
            wipe_buffer(photo)
        if isinstance(reference, ReferenceProblem):
            log.warning("cannot use the card's photo: %s", reference)
            return False
        patient.put_reference(reference)
        return True

    async def check(self, effect: CheckFace, patient: Patient, post: Callable[[ev.Event], None]) -> ev.Event | None:
        """Run a face check and return its result, or None if the check was stopped."""
        ids = (effect.reception, effect.effect)
        if self._is_untrusted_source():
            self.on_problem(ProblemCode.VIRTUAL_CAMERA.code)
            return ev.CameraFailed(*ids)
        self._stop = stop = threading.Event()

        def on_progress(progress: FaceCheckProgress) -> None:
            post(ev.FaceProgress(*ids, progress))

        verdict = await self._worker.run(self._check, patient, on_progress, stop)
        match verdict:
            case FaceMatch(distance=distance):
                return ev.FaceMatched(*ids, distance)
            case FaceNotMatched():
                return ev.FaceRefused(*ids, "not-matched")
            case FaceNotSeen():
                return ev.FaceRefused(*ids, "not-seen")
            case PhotoSuspected(sign=sign):
                log.info("face check: suspected photograph (%s)", sign)
                return ev.FaceRefused(*ids, "photo-suspected")
            case CameraLost():
                return ev.CameraFailed(*ids)
            case FaceCheckStopped():
                return None

    def _check(
        self, patient: Patient, on_progress: Callable[[FaceCheckProgress], None], stop: threading.Event
    ) -> FaceVerdict:
        from vision.check import check_face

        reference = patient.reference
        if reference is None or patient.wiped:
            return FaceCheckStopped()
        with self.camera.held_open():
            verdict = check_face(
                self.camera,
                reference,
                self._loaded(),
                self._settings,
                on_progress,
                stop,
                calibration=self._calibration(patient),
                anti_spoofing=None if self._sees_drawn_people() else self._anti_spoofing,
            )
        if self.camera.opening_seconds is not None:
            log.debug("%s: first frame %.2f s after opening", self.camera.name, self.camera.opening_seconds)
        return verdict

    def _calibration(self, patient: Patient) -> "Calibration":
        """Return the engine's calibration for real faces, or for drawn faces if card and camera are simulated."""
        engine = self._loaded()
        drawn = self._settings.simulated_camera and self._sees_drawn_people()
        simulated = patient.cv_certificate is not None and is_from_test_authority(patient.cv_certificate)
        return (engine.synthetic_calibration if drawn and simulated else None) or engine.calibration

    def _is_untrusted_source(self) -> bool:
        """Return whether the source is not a real camera.

        `run` checks this at startup, but a device connected later can get the same device number.
        """
        from vision.sources.protocol import SourceKind

        return not self._settings.simulated_camera and self.camera.source.kind is not SourceKind.CAMERA

    def _sees_drawn_people(self) -> bool:
        from vision.sources.protocol import SourceKind

        return self.camera.source.kind is SourceKind.SYNTHETIC

    def stop_check(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._ended.set()
        self.stop_check()
        if self._watcher is not None:
            self._watcher.join(5)
        self._worker.close()
        self.camera.stop()
