"""SFace and YuNet as OpenCV runs them, with small networks in their places."""

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from config.settings import AntiPhoto, VisionSettings
from tests.vision.engines.sface_networks import (
    EYES,
    FACE,
    detector,
    face_picture,
    recogniser,
    write_networks,
    write_persons,
)
from vision.calibration.persons import encoded_persons
from vision.camera import Camera
from vision.check import check_face
from vision.decision import NotCalibrated, judge_of
from vision.engines.engine import FaceBox, FaceEngine, flip_averaged
from vision.engines.models.build import NotBuilt
from vision.engines.models.dropin import Added, add_model
from vision.engines.models.network import Network, network_of
from vision.engines.models.weights import FIVE_POINTS, weights
from vision.engines.open import open_engine
from vision.engines.sface import SFaceEngine
from vision.frame import Frame
from vision.guidance import turn
from vision.photo import card_jp2
from vision.reference import Reference, make_reference
from vision.verdict import FaceMatched, FaceNotMatched, FaceVerdict, Progress

LEFT, TOP, WIDTH, HEIGHT = FACE
BOX = FaceBox(LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_networks(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def sface(files: tuple[Path, Path]) -> SFaceEngine:
    return SFaceEngine(*files)


@pytest.fixture(scope="module")
def added(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Added:
    place = tmp_path_factory.mktemp("added")
    persons = write_persons(place / "persons", 46)
    return add_model(files[0], persons, place / "models", place / "cache", detector=files[1], name="sface")


def test_the_face_and_its_points_are_found(sface: SFaceEngine) -> None:
    picture = face_picture(1, 0)
    assert sface.faces(picture) == sface.faces(picture, thorough=True) == [BOX]
    serves: FaceEngine = sface
    assert serves is sface
    points = sface.points(picture, BOX)
    # first the eye on the picture's right, each from its outer corner to its inner one
    np.testing.assert_allclose([points[0:2].mean(axis=0), points[2:4].mean(axis=0)], EYES[::-1], atol=0.5)
    assert points[0, 0] > points[1, 0] > points[3, 0] > points[2, 0]
    assert abs(turn(points)) < 0.01


def test_nobody_is_nobody(sface: SFaceEngine) -> None:
    nothing = np.full((480, 640), 90, np.uint8)
    assert sface.faces(nothing) == sface.faces(nothing, thorough=True) == []


def test_a_large_picture_is_searched_at_a_small_scale_and_told_in_its_own_pixels(sface: SFaceEngine) -> None:
    large = face_picture(1, 0, (720, 960))
    assert sface.faces(large) == [BOX.scaled(3)]
    near = np.linalg.norm(sface.encode(large, BOX.scaled(3)) - sface.encode(face_picture(1, 0), BOX))
    assert near < 0.1


def test_encodings_have_length_one_and_tell_persons_apart(sface: SFaceEngine) -> None:
    def encoded(person: int, photograph: int) -> np.ndarray:
        encoding = sface.encode(face_picture(person, photograph), BOX)
        assert encoding.shape == (128,)
        assert np.linalg.norm(encoding) == pytest.approx(1)
        return encoding

    same = [float(np.linalg.norm(encoded(person, 0) - encoded(person, 1))) for person in range(4)]
    others = [float(np.linalg.norm(encoded(person, 0) - encoded(person + 1, 0))) for person in range(4)]
    assert max(same) < min(others)


def test_a_picture_and_its_mirror_image_are_one_face(sface: SFaceEngine) -> None:
    picture = face_picture(2, 0)
    both = flip_averaged(sface, picture, BOX)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    np.testing.assert_allclose(both, flip_averaged(sface, mirrored, BOX.mirrored(240)), atol=1e-6)


def test_a_face_that_is_not_found_again_is_cut_where_faces_usually_lie(sface: SFaceEngine) -> None:
    picture = face_picture(3, 0)
    picture[150:202, 84:156] = 100  # what the detector sees
    assert sface.faces(picture) == []
    assert np.linalg.norm(sface.encode(picture, BOX)) == pytest.approx(1)
    assert abs(turn(sface.points(picture, BOX))) < 0.01


def test_it_never_decides_with_the_delivered_calibration(sface: SFaceEngine) -> None:
    with pytest.raises(NotCalibrated):
        judge_of(sface)


def test_it_is_added_calibrated_and_opened(added: Added) -> None:
    assert {path.name for path in added.folder.iterdir()} == {
        "weights.onnx",
        "detector.onnx",
        "crowd.npz",
        "calibration.json",
    }
    engine = open_engine(added.folder.parent / "cache", added.folder)
    assert isinstance(engine, SFaceEngine)
    judge = judge_of(engine)
    cap = judge.calibration.cap
    assert cap is not None
    first, second, stranger = (flip_averaged(engine, face_picture(*one), BOX) for one in ((90, 0), (90, 1), (91, 0)))
    assert judge.matches(second, first, 5, 0.45)
    # dlib's distance would let a stranger pass on this scale
    assert cap < float(np.linalg.norm(first - stranger)) < 0.45
    assert not judge.matches(stranger, first, 5, 0.45)


class Sitting:
    """A camera before which that person sits."""

    name = "sitting"

    def __init__(self, person: int) -> None:
        self.person = person
        self._number = 0

    def open(self) -> None:
        return None

    def read(self) -> Frame:
        time.sleep(0.01)
        self._number += 1
        grey = face_picture(self.person, 100 + self._number)
        return Frame(np.repeat(grey[:, :, None], 3, axis=2), grey, self._number, self._number * 0.1)

    def close(self) -> None:
        pass


def checked(added: Added, source: Sitting, threshold: float, told: Callable[[Progress], None]) -> FaceVerdict:
    engine = open_engine(added.folder.parent / "cache", added.folder)
    reference = make_reference(engine, card_jp2(face_picture(90, 0)))
    assert isinstance(reference, Reference)
    camera = Camera(source)
    camera.start()
    try:
        settings = VisionSettings(threshold=threshold, attempt_seconds=20, warm_up_frames=0, anti_photo=AntiPhoto.OFF)
        return check_face(camera, reference, engine, settings, told, threading.Event())
    finally:
        camera.stop()


@pytest.mark.parametrize(("person", "threshold", "kind"), [(90, 0.001, FaceMatched), (91, 0.59, FaceNotMatched)])
def test_a_whole_check_by_its_own_distances(added: Added, person: int, threshold: float, kind: type) -> None:
    verdict = checked(added, Sitting(person), threshold, lambda _: None)
    assert isinstance(verdict, kind), verdict


def test_its_own_distances_notice_a_swap(added: Added) -> None:
    sitting, counts = Sitting(90), []

    def swap(progress: Progress) -> None:
        counts.append(progress.frames)
        if progress.frames == 2:
            sitting.person = 91

    assert isinstance(checked(added, sitting, 0.45, swap), FaceNotMatched)
    assert any(later < earlier for earlier, later in itertools.pairwise(counts)), counts


def test_its_figures_are_worst_first(added: Added) -> None:
    assert {one.group for one in added.figures} == {"all", "a", "b"}
    assert {one.frames for one in added.figures} == {1, 3, 5}
    rates = [one.fmr for one in added.figures]
    assert rates == sorted(rates, reverse=True)
    of_all = next(one for one in added.figures if (one.group, one.frames) == ("all", 5))
    assert of_all.fmr == of_all.false_matches / of_all.impostor < 0.02
    assert of_all.fmr_limits[0] <= of_all.fmr <= of_all.fmr_limits[1]


@pytest.mark.parametrize("name", ["weights.onnx", "detector.onnx"])
def test_with_another_network_or_detector_the_calibration_is_foreign(added: Added, name: str) -> None:
    file = added.folder / name
    before = file.read_bytes()
    try:
        file.write_bytes(before + b"\0")
        with pytest.raises(NotCalibrated, match="other weights"):
            open_engine(added.folder.parent / "cache", added.folder)
        file.unlink()
        with pytest.raises(NotCalibrated, match="uketsuke face add"):
            open_engine(added.folder.parent / "cache", added.folder)
    finally:
        file.write_bytes(before)


def test_files_that_do_not_go_together(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="needs YuNet"):
        network_of(files[0], None)
    with pytest.raises(NotBuilt, match="take no detector"):
        network_of(weights(FIVE_POINTS), files[1])
    with pytest.raises(NotBuilt, match="no ONNX file"):
        network_of(files[0], weights(FIVE_POINTS))


@pytest.mark.parametrize(
    ("recognising", "detecting", "told"),
    [
        (recogniser(64), detector(), "gives 64 values"),
        (recogniser(), recogniser(), "no YuNet"),
        (b"\x08\x07rubbish", detector(), "no SFace recogniser that OpenCV"),
        (recogniser(), b"\x08\x07rubbish", "no YuNet detector that OpenCV"),
    ],
)
def test_networks_of_another_kind_are_refused(tmp_path: Path, recognising: bytes, detecting: bytes, told: str) -> None:
    (tmp_path / "r.onnx").write_bytes(recognising)
    (tmp_path / "d.onnx").write_bytes(detecting)
    with pytest.raises(NotBuilt, match=told):
        Network(tmp_path / "r.onnx", tmp_path / "d.onnx").open(tmp_path)


def test_a_folder_of_persons_is_encoded_as_everywhere(sface: SFaceEngine, tmp_path: Path) -> None:
    one, two = encoded_persons(write_persons(tmp_path, 2, 4), sface)
    assert one.reference is not None
    assert (len(one.live), one.unseen, len(two.live)) == (3, 0, 3)
    assert np.linalg.norm(one.reference - one.live[0]) < np.linalg.norm(one.reference - two.live[0])
