"""Search for face data that remains after a decision, in reachable objects and open files."""

import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from config.settings import VisionSettings
from vision.camera import Camera
from vision.check import check_face
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.face import Encoding, Face
from vision.frame import Image
from vision.reference import Reference, make_reference
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import FaceMatch

SETTINGS = VisionSettings(frame_spacing_ms=40, attempt_seconds=90)


class RecordingEngine:
    """An engine that records each encoding as bytes."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self.encodings: list[bytes] = []

    @property
    def calibration(self) -> Calibration:
        return self._engine.calibration

    synthetic_calibration = None

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        return self._engine.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        encoding = self._engine.encode(grey, face)
        self.encodings.append(encoding.tobytes())
        return encoding

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        encoding = self._engine.encode_photo(grey, face)
        self.encodings.append(encoding.tobytes())
        return encoding


def arrays() -> Iterator[np.ndarray]:
    """Yield all reachable arrays. The collector does not track arrays, only objects that refer to them."""
    visited: set[int] = set()
    for tracked in gc.get_objects():
        for referent in gc.get_referents(tracked):
            if isinstance(referent, np.ndarray) and id(referent) not in visited:
                visited.add(id(referent))
                yield referent


def alike(array: np.ndarray, reference: np.ndarray) -> bool:
    return array.shape == (128,) and array.dtype == np.float64 and bool(np.linalg.norm(array - reference) < 0.2)


@pytest.fixture(scope="module")
def finished_check(engine: FaceEngine) -> tuple[bytes, RecordingEngine]:
    """Run a check until it matches and wipe its reference. Return the wiped encoding as bytes."""
    recording = RecordingEngine(engine)
    reference = make_reference(recording, card_portrait("hana"))
    assert isinstance(reference, Reference)
    original = reference.encoding.tobytes()
    camera = Camera(SyntheticSource("hana"), lost_after=60)
    camera.start()
    with camera.held_open():
        verdict = check_face(camera, reference, recording, SETTINGS, lambda _: None, threading.Event())
    camera.stop()
    assert isinstance(verdict, FaceMatch)
    reference.wipe()
    del reference
    gc.collect()
    return original, recording


def test_no_encoding_is_reachable(finished_check: tuple[bytes, RecordingEngine]) -> None:
    original, recording = finished_check
    assert len(recording.encodings) >= 6
    encoding = np.frombuffer(original, np.float64)
    assert not any(alike(array, encoding) for array in arrays() if array is not encoding)


def test_search_finds_reachable_encoding(finished_check: tuple[bytes, RecordingEngine]) -> None:
    original, _ = finished_check
    encoding = np.frombuffer(original, np.float64)
    copies = [encoding.copy()]
    assert any(alike(array, encoding) for array in arrays() if array is not encoding)
    copies.clear()


def test_stopped_camera_has_no_frame(engine: FaceEngine) -> None:
    camera = Camera(SyntheticSource("hana"), lost_after=60)
    camera.start()
    with camera.held_open():
        frame = camera.after(0, 5)
        assert frame is not None
    camera.stop()
    assert camera.latest() is None


def test_no_file_is_opened_for_writing_during_check(engine: FaceEngine) -> None:
    written: list[str] = []
    listening = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            written.append(str(arguments[0]))

    sys.addaudithook(hook)
    try:
        reference = make_reference(engine, card_portrait("hana"))
        assert isinstance(reference, Reference)
        camera = Camera(SyntheticSource("hana"), lost_after=60)
        camera.start()
        with camera.held_open():
            check_face(camera, reference, engine, SETTINGS, lambda _: None, threading.Event())
        camera.stop()
    finally:
        listening = False
    assert written == []


def test_open_files_contain_no_encoding(finished_check: tuple[bytes, RecordingEngine], tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("no /proc")
    original, _ = finished_check
    for descriptor in descriptors.iterdir():
        try:
            target = descriptor.resolve(strict=True)
        except OSError:
            continue
        if target.is_file() and target.suffix not in {".so", ".py", ".pyc"} and target.stat().st_size < 50_000_000:
            content = target.read_bytes()
            assert original[:64] not in content, target
