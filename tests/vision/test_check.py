"""Tests for the face check with the real camera class."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from config.settings import AntiPhoto, VisionSettings
from vision.camera import Camera
from vision.check import check_face
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.face import Encoding, Face, FaceBox
from vision.frame import Frame, Image
from vision.photo import card_jp2
from vision.reference import Reference, make_reference
from vision.sources.protocol import FrameSource, SourceKind
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import (
    CameraLost,
    FaceCheckProgress,
    FaceCheckStopped,
    FaceMatch,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    Guidance,
    ReferenceProblem,
)

QUICK = VisionSettings(frame_spacing_ms=40, attempt_seconds=90)


@contextmanager
def open_camera(source: FrameSource) -> Iterator[Camera]:
    camera = Camera(source, lost_after=60)
    camera.start()
    try:
        with camera.held_open():
            yield camera
    finally:
        camera.stop()


def reference_of(engine: FaceEngine, name: str) -> Reference:
    reference = make_reference(engine, card_portrait(name))
    assert isinstance(reference, Reference)
    return reference


def run(
    camera: Camera, reference: Reference, engine: object, **kwargs: object
) -> tuple[FaceVerdict, list[FaceCheckProgress]]:
    progress: list[FaceCheckProgress] = []
    settings = QUICK.model_copy(update=kwargs)
    verdict = check_face(camera, reference, engine, settings, progress.append, threading.Event())  # type: ignore[arg-type]
    return verdict, progress


def run_by_frames(
    source: SyntheticSource, reference: Reference, engine: object, **kwargs: object
) -> tuple[FaceVerdict, list[FaceCheckProgress]]:
    """Run with a clock that advances with each frame, independently of the machine's speed."""
    view, progress = FrameByFrame(source), list[FaceCheckProgress]()
    settings = QUICK.model_copy(update=kwargs)
    verdict = check_face(view, reference, engine, settings, progress.append, threading.Event(), view.clock)  # type: ignore[arg-type]
    return verdict, progress


def test_holder_is_matched(engine: FaceEngine) -> None:
    with open_camera(SyntheticSource("hana")) as camera:
        verdict, progress = run(camera, reference_of(engine, "hana"), engine)
    assert isinstance(verdict, FaceMatch)
    assert verdict.frames == 5
    assert verdict.distance < 0.45
    assert [step.frames for step in progress if step.frames][-1] == 5


def test_different_person_is_not_matched(engine: FaceEngine) -> None:
    with open_camera(SyntheticSource("taro")) as camera:
        verdict, _ = run(camera, reference_of(engine, "hana"), engine)
    assert isinstance(verdict, FaceNotMatched)
    assert verdict.distance > 0.65


def test_image_without_face_is_reported(engine: FaceEngine) -> None:
    source = SyntheticSource("hana", realtime=False)
    source.leave()
    verdict, progress = run_by_frames(source, reference_of(engine, "hana"), engine, attempt_seconds=0.5)
    assert verdict == FaceNotSeen(Guidance.NO_FACE, 0)
    assert progress[0].guidance is Guidance.NO_FACE


def test_covered_camera_is_reported_as_too_dark(engine: FaceEngine) -> None:
    source = SyntheticSource("hana", realtime=False)
    source.cover()
    verdict, _ = run_by_frames(source, reference_of(engine, "hana"), engine, attempt_seconds=0.5)
    assert verdict == FaceNotSeen(Guidance.TOO_DARK, 0)


def test_camera_failure_ends_check(engine: FaceEngine) -> None:
    source = SyntheticSource("hana")
    with open_camera(source) as camera:
        threading.Timer(0.2, source.fail).start()
        verdict, _ = run(camera, reference_of(engine, "hana"), engine, frames=30, frame_spacing_ms=500)
    assert isinstance(verdict, CameraLost)


def test_check_can_be_stopped(engine: FaceEngine) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    source = SyntheticSource("hana")
    source.leave()
    with open_camera(source) as camera:
        verdict = check_face(camera, reference_of(engine, "hana"), engine, QUICK, lambda _: None, stop)
    assert verdict == FaceCheckStopped()


# --- with a scripted engine or camera -----------------------------------------------------------------------


class StillSource:
    """A camera that repeats the same image."""

    name = "still"

    def __init__(self) -> None:
        self._number = 0

    kind = SourceKind.CAMERA

    def open(self) -> CameraLost | None:
        return None

    def read(self) -> Frame | CameraLost:
        time.sleep(0.02)
        self._number += 1
        image = np.full((480, 640, 3), 128, np.uint8)
        return Frame(image, image[:, :, 0].copy(), self._number, time.monotonic())

    def close(self) -> None:
        pass


class CountingEngine:
    """An engine that finds `count` faces and records its encodings."""

    def __init__(self, faces: int = 1) -> None:
        self.count = faces
        self.encodings: list[Encoding] = []

    calibration = Calibration("counting", {5: 0.5}, 1e-3, 1e-2, 0.6)
    synthetic_calibration = None

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        """Return faces looking straight ahead."""
        landmarks = np.array([(275.0, 190), (365, 190), (320, 235), (290, 270), (350, 270)])
        return [Face(FaceBox(220, 120, 420, 320), landmarks)] * self.count

    def encode(self, grey: Image, face: Face) -> Encoding:
        encoding = np.full(128, 0.12)
        self.encodings.append(encoding)
        return encoding

    encode_photo = encode


def test_frozen_image_is_reported_as_camera_lost() -> None:
    with open_camera(StillSource()) as camera:
        verdict, _ = run(camera, Reference(np.full(128, 0.01)), CountingEngine())
    assert isinstance(verdict, CameraLost)
    assert "frozen" in verdict.source


def test_two_faces_are_reported() -> None:
    source = SyntheticSource("hana", realtime=False)
    verdict, progress = run_by_frames(source, Reference(np.zeros(128)), CountingEngine(2), attempt_seconds=0.4)
    assert verdict == FaceNotSeen(Guidance.TWO_FACES, 0)
    assert {step.guidance for step in progress} == {Guidance.TWO_FACES}


@pytest.mark.parametrize(("distance", "kind"), [(0.49, FaceMatch), (0.51, FaceNotMatched)])
def test_engines_calibration_sets_threshold(distance: float, kind: type) -> None:
    angle = 2 * np.arcsin(distance / 2)
    live, sideways = np.full(128, 1 / np.sqrt(128)), np.zeros(128)
    sideways[0], sideways[1] = 1 / np.sqrt(2), -1 / np.sqrt(2)
    with open_camera(SyntheticSource("hana")) as camera:
        reference = Reference(np.cos(angle) * live + np.sin(angle) * sideways)
        verdict, _ = run(camera, reference, CountingEngine(), anti_photo=AntiPhoto.OFF)
    assert isinstance(verdict, kind)
    assert isinstance(verdict, FaceMatch | FaceNotMatched)
    assert verdict.distance == pytest.approx(distance)


def test_check_writes_no_files(engine: FaceEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = set(tmp_path.parent.rglob("*"))
    with open_camera(SyntheticSource("hana")) as camera:
        run(camera, reference_of(engine, "hana"), engine)
    assert set(tmp_path.parent.rglob("*")) == files


def test_wiping_reference_overwrites_it(engine: FaceEngine) -> None:
    reference = reference_of(engine, "ume")
    buffer = reference.encoding
    reference.wipe()
    assert not buffer.any()
    assert repr(reference) == "Reference()"


@pytest.mark.parametrize(
    ("photo", "problem"),
    [
        (b"no photo", ReferenceProblem.UNREADABLE),
        (card_jp2(np.full((320, 240), 120, np.uint8)), ReferenceProblem.NO_FACE),
    ],
)
def test_unusable_photo_is_reported(engine: FaceEngine, photo: bytes, problem: ReferenceProblem) -> None:
    assert make_reference(engine, photo) is problem
