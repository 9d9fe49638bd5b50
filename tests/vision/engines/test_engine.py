"""Tests for detecting and encoding synthetic faces with the included engines."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vision.conftest import calibrated_for_synthetic_people
from vision.decision import NotCalibrated
from vision.engines.crop_variants import crop_variants
from vision.engines.engine import Engine, FaceEngine
from vision.engines.models.weights import PACKAGED_FILES, SFACE, YUNET, NotBuilt, packaged_file
from vision.engines.open import open_engine, open_uncalibrated
from vision.engines.sface import SFace
from vision.engines.yunet import YuNet
from vision.face import Face, FaceAxes, FaceBox, distance
from vision.frame import Frame, Image
from vision.guidance import turn
from vision.synthetic.portrait import face_of_portrait
from vision.synthetic.source import SyntheticSource


def to_frame(name: str) -> Image:
    frame = SyntheticSource(name, realtime=False).read()
    assert isinstance(frame, Frame)
    return frame.grey


@pytest.fixture(scope="module")
def grey() -> Image:
    return to_frame("hana")


def test_default_is_sface(engine: FaceEngine) -> None:
    assert isinstance(engine, Engine)
    assert isinstance(engine._encoder, SFace)


def test_detected_face_has_ordered_landmarks(engine: FaceEngine, grey: Image) -> None:
    (face,) = engine.faces(grey)
    assert [detected.box for detected in engine.faces(grey, thorough=True)] == [face.box]
    expected = face_of_portrait()
    assert abs(face.box.left - expected.left) < 40
    right, left, nose, mouth_right, mouth_left = face.landmarks
    assert right[0] < nose[0] < left[0]
    assert mouth_right[0] < nose[0] < mouth_left[0]
    assert max(right[1], left[1]) < nose[1] < min(mouth_right[1], mouth_left[1])
    assert abs(turn(face.landmarks)) < 0.2


def test_no_face_is_detected_in_empty_image(engine: FaceEngine) -> None:
    empty = np.full((480, 640), 90, np.uint8)
    assert engine.faces(empty) == engine.faces(empty, thorough=True) == []


@pytest.mark.parametrize("degrees", [-20, 0, 20])
def test_refined_landmarks_match_tilted_face(grey: Image, degrees: float) -> None:
    matrix = cv2.getRotationMatrix2D((320.0, 240.0), degrees, 1.0)
    tilted = np.asarray(cv2.warpAffine(grey, matrix, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    yunet = YuNet(packaged_file(YUNET))
    (straight,), (face,) = yunet.faces(grey), yunet.faces(tilted)
    expected = cv2.transform(straight.landmarks[None], matrix)[0]
    errors = np.linalg.norm(yunet.refine_landmarks(tilted, face).landmarks - expected, axis=1)
    assert errors.max() < 0.3 * FaceAxes(straight.landmarks).distance


def test_landmarks_are_kept_without_second_detection() -> None:
    empty = np.full((480, 640), 90, np.uint8)
    landmarks = np.array([(280.0, 200), (360, 200), (320, 240), (290, 280), (350, 280)])
    assert (
        YuNet(packaged_file(YUNET)).refine_landmarks(empty, Face(FaceBox(240, 120, 400, 320), landmarks)).landmarks
        is landmarks
    )


def test_photo_encodings_depend_less_on_light_direction(engine: FaceEngine, grey: Image) -> None:
    """Compare an image with its mirror image. Photo encodings are closer to each other than live encodings."""
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    (face,), (other,) = engine.faces(grey), engine.faces(mirrored)
    photo, mirrored_photo = engine.encode_photo(grey, face), engine.encode_photo(mirrored, other)
    assert distance(photo, mirrored_photo) < 0.85 * distance(engine.encode(grey, face), engine.encode(mirrored, other))


def test_crop_variants_show_same_face_and_are_wiped(engine: FaceEngine, grey: Image) -> None:
    (face,) = engine.faces(grey)
    images = list(crop_variants(grey, face))
    eyes = FaceAxes(face.landmarks).distance
    for image, cut in images:
        upright = (
            cut.landmarks
            if image is grey
            else np.stack([grey.shape[1] - 1 - cut.landmarks[:, 0], cut.landmarks[:, 1]], 1)
        )
        expected = face.landmarks if image is grey else face.landmarks[[1, 0, 2, 4, 3]]
        assert np.abs(upright - expected).max() < 0.15 * eyes
        assert cut.landmarks[0, 0] < cut.landmarks[1, 0]
    (mirrored,) = {id(image): image for image, _ in images if image is not grey}.values()
    assert not mirrored.any()


def test_encodings_have_length_one_and_do_not_depend_on_brightness(engine: FaceEngine, grey: Image) -> None:
    (face,) = engine.faces(grey)
    encoding = engine.encode(grey, face)
    assert encoding.shape == (128,)
    assert np.linalg.norm(encoding) == pytest.approx(1)
    darker = (grey * 0.8).astype(np.uint8)
    assert distance(encoding, engine.encode(darker, face)) < 0.3
    other = to_frame("taro")
    assert distance(encoding, engine.encode(other, engine.faces(other)[0])) > 0.6


@pytest.mark.long
def test_dlibs_network_returns_equal_encodings_in_opencv_and_face_recognition(tmp_path: Path, grey: Image) -> None:
    converted, original = (open_uncalibrated(tmp_path, name) for name in ("dlib", "face_recognition"))
    (face,) = converted.faces(grey)
    assert np.linalg.norm(converted.encode(grey, face) - original.encode(grey, face)) < 1e-4


def test_uncalibrated_engine_has_no_calibration(tmp_path: Path) -> None:
    with pytest.raises(NotCalibrated):
        _ = open_uncalibrated(tmp_path).calibration


def test_error_for_unknown_engine_lists_known_engines(tmp_path: Path) -> None:
    with pytest.raises(NotCalibrated, match="face_recognition"):
        open_engine(tmp_path, "facenet")
    with pytest.raises(NotCalibrated, match="uketsuke face add"):
        open_engine(tmp_path, "facenet", tmp_path)


def test_synthetic_people_have_separate_calibration(engine: FaceEngine) -> None:
    assert calibrated_for_synthetic_people(engine).calibration is engine.synthetic_calibration


def test_non_detector_network_is_refused() -> None:
    with pytest.raises(NotBuilt, match="as a YuNet detector"):
        YuNet(PACKAGED_FILES / SFACE.name)
