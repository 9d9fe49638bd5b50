"""No face data remains: neither in the object graph after the decision, nor in any file the process opened."""

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


class Remembering:
    """Copies every encoding it hands out, as bytes, to look for them later."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self.given: list[Encoding] = []
        self.seen: list[bytes] = []

    @property
    def calibration(self) -> Calibration:
        return self._engine.calibration

    drawn_calibration = None

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        return self._engine.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        encoding = self._engine.encode(grey, face)
        self.seen.append(encoding.tobytes())
        return encoding

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        encoding = self._engine.encode_photo(grey, face)
        self.seen.append(encoding.tobytes())
        return encoding


def arrays() -> Iterator[np.ndarray]:
    """Yield all reachable arrays. The collector does not track arrays, so search the objects that refer to them."""
    known: set[int] = set()
    for thing in gc.get_objects():
        for found in gc.get_referents(thing):
            if isinstance(found, np.ndarray) and id(found) not in known:
                known.add(id(found))
                yield found


def alike(one: np.ndarray, reference: np.ndarray) -> bool:
    return one.shape == (128,) and one.dtype == np.float64 and bool(np.linalg.norm(one - reference) < 0.2)


@pytest.fixture(scope="module")
def done(engine: FaceEngine) -> tuple[bytes, Remembering]:
    """Run a check to a match and wipe its reference; return the reference's former encoding, as bytes."""
    remembering = Remembering(engine)
    reference = make_reference(remembering, card_portrait("hana"))
    assert isinstance(reference, Reference)
    was = reference.encoding.tobytes()
    camera = Camera(SyntheticSource("hana"), lost_after=60)
    camera.start()
    with camera.look():
        verdict = check_face(camera, reference, remembering, SETTINGS, lambda _: None, threading.Event())
    camera.stop()
    assert isinstance(verdict, FaceMatch)
    reference.wipe()
    del reference
    gc.collect()
    return was, remembering


def test_no_encoding_is_within_reach(done: tuple[bytes, Remembering]) -> None:
    was, remembering = done
    assert len(remembering.seen) >= 6
    one = np.frombuffer(was, np.float64)
    left = [found for found in arrays() if found is not one and alike(found, one)]
    assert left == []


def test_the_search_would_find_one(done: tuple[bytes, Remembering]) -> None:
    was, _ = done
    one = np.frombuffer(was, np.float64)
    kept = [one.copy()]
    assert any(alike(found, one) for found in arrays() if found is not one)
    kept.clear()


def test_no_frame_is_within_reach_of_the_camera(engine: FaceEngine) -> None:
    camera = Camera(SyntheticSource("hana"), lost_after=60)
    camera.start()
    with camera.look():
        frame = camera.after(0, 5)
        assert frame is not None
    camera.stop()
    assert camera.latest() is None


def test_the_process_opens_no_file_for_writing_during_a_check(engine: FaceEngine) -> None:
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
        with camera.look():
            check_face(camera, reference, engine, SETTINGS, lambda _: None, threading.Event())
        camera.stop()
    finally:
        listening = False
    assert written == []


def test_the_process_holds_no_file_but_its_own(done: tuple[bytes, Remembering], tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("no /proc")
    was, _ = done
    for descriptor in descriptors.iterdir():
        try:
            target = descriptor.resolve(strict=True)
        except OSError:
            continue
        if target.is_file() and target.suffix not in {".so", ".py", ".pyc"} and target.stat().st_size < 50_000_000:
            content = target.read_bytes()
            assert was[:64] not in content, target
