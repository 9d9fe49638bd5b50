"""A face cut out in several ways is still one face, and cut out straight it is dlib's own."""

import dlib
import numpy as np
import pytest

from vision.engines.dnn import DnnEngine, _moved, _rectangle
from vision.engines.engine import CARD, LIVE, STRAIGHT, Cut, Cuts, Encoding, FaceBox, FaceEngine, Points, flip_averaged
from vision.engines.models.resnet import CHIP
from vision.frame import Frame, Image
from vision.synthetic.source import SyntheticSource

SEVERAL = (Cut(), Cut(across=0.04), Cut(turn=5), Cut(scale=0.93))


@pytest.fixture(scope="module")
def seen(engine: FaceEngine) -> tuple[DnnEngine, Image, FaceBox]:
    assert isinstance(engine, DnnEngine)
    frame = SyntheticSource("hana", realtime=False).read()
    assert isinstance(frame, Frame)
    return engine, frame.grey, engine.faces(frame.grey)[0]


def test_cut_out_straight_it_is_the_chip_dlib_makes(seen: tuple[DnnEngine, Image, FaceBox]) -> None:
    engine, grey, box = seen
    three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    chip = dlib.get_face_chip(three, engine._points(three, _rectangle(box)), CHIP)
    engine._net.setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None].astype(np.float32)))
    np.testing.assert_allclose(engine.encode(grey, box), engine._net.forward()[0], atol=1e-6)


def test_several_cuts_are_averaged(seen: tuple[DnnEngine, Image, FaceBox]) -> None:
    engine, grey, box = seen
    each = [engine.encode_cuts(grey, box, (cut,)) for cut in SEVERAL]
    np.testing.assert_allclose(engine.encode_cuts(grey, box, SEVERAL), np.mean(each, axis=0), atol=1e-5)
    for encoding in each[1:]:
        assert 0.005 < np.linalg.norm(encoding - each[0]) < 0.3


def test_a_cut_is_moved_widened_and_turned_about_its_middle() -> None:
    straight = dlib.chip_details(dlib.drectangle(100, 200, 300, 400), dlib.chip_dims(CHIP, CHIP), 0.5)
    moved = _moved(straight, Cut(across=0.1, down=-0.2, scale=0.5, turn=90))
    rect = moved.rect
    assert (rect.left(), rect.top(), rect.right(), rect.bottom()) == pytest.approx((170, 210, 270, 310))
    assert moved.angle == pytest.approx(0.5 + np.pi / 2)


def test_picture_and_mirror_image_are_cut_out_each_in_its_ways(seen: tuple[DnnEngine, Image, FaceBox]) -> None:
    engine, grey, box = seen
    mirrored = np.ascontiguousarray(grey[:, ::-1]), box.mirrored(grey.shape[1])
    expected = (engine.encode(grey, box) + engine.encode_cuts(*mirrored, SEVERAL)) / 2
    np.testing.assert_allclose(flip_averaged(engine, grey, box, ((Cut(),), SEVERAL)), expected, atol=1e-6)


class Straight:
    """An engine that knows one cut."""

    def __init__(self) -> None:
        self.encoded: list[FaceBox] = []

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        return []

    def points(self, grey: Image, box: FaceBox) -> Points:
        raise AssertionError("not asked for")

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        self.encoded.append(box)
        return np.full(128, float(len(self.encoded)))


@pytest.mark.parametrize("cuts", [STRAIGHT, LIVE, CARD])
def test_an_engine_of_one_cut_makes_that(cuts: Cuts) -> None:
    engine = Straight()
    assert flip_averaged(engine, np.zeros((100, 100), np.uint8), FaceBox(10, 0, 60, 50), cuts) == pytest.approx(1.5)
    assert engine.encoded == [FaceBox(10, 0, 60, 50), FaceBox(40, 0, 90, 50)]
