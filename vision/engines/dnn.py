"""The default engine: dlib's detector, 5-point alignment and face network, the network run by OpenCV.

The same encodings as dlib's in a tenth of the time; other threads keep running meanwhile.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import dlib
import numpy as np

from vision.decision import Judge, shipped_judge
from vision.engines.engine import Cut, Encoding, FaceBox, Points
from vision.engines.models.resnet import CHIP
from vision.engines.models.weights import FIVE_POINTS, weights
from vision.frame import Image

_HALF = 0.5
_DOUBTFUL = -0.6
"""Added to the detector's own threshold."""
_PADDING = 0.25
"""Around the face, as the network was trained with."""


class DnnEngine:
    def __init__(self, network: Path, judge: Judge | None = None) -> None:
        """`network` as `vision.engines.models.build` builds it; `judge`: of other weights than the delivered ones.

        Raises WeightsMissing, cv2.error, RuntimeError.
        """
        self._judge = judge
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(weights(FIVE_POINTS)))
        self._net = cv2.dnn.readNetFromONNX(str(network))

    def judge(self) -> Judge:
        return self._judge or shipped_judge()

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """Half scale first, four times as fast, which finds faces from 160 pixels; full scale where it finds none.

        `thorough` looks at twice the scale, and at last takes the most likely place even if that is doubtful.
        """
        grey = np.ascontiguousarray(grey)  # dlib finds nothing in an array that is not, and says nothing
        if thorough:
            return self._locate(grey, 1) or self._locate(grey, 0) or self._likeliest(grey)
        small = cv2.resize(grey, None, fx=_HALF, fy=_HALF, interpolation=cv2.INTER_AREA)
        return [box.scaled(1 / _HALF) for box in self._locate(np.asarray(small, np.uint8), 0)] or self._locate(grey, 0)

    def _locate(self, grey: Image, upsample: int) -> list[FaceBox]:
        return [_box(found, grey) for found in self._detector(grey, upsample)]

    def _likeliest(self, grey: Image) -> list[FaceBox]:
        found, scores, _ = self._detector.run(grey, 1, _DOUBTFUL)
        ranked = sorted(zip(scores, found, strict=True), key=lambda one: one[0], reverse=True)
        return [_box(found, grey) for _, found in ranked[:1]]

    def points(self, grey: Image, box: FaceBox) -> Points:
        """Corners of both eyes and the nose's base."""
        found = self._points(grey, _rectangle(box)).parts()
        return np.array([(point.x, point.y) for point in found], np.float64)

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        return self.encode_cuts(grey, box, (Cut(),))

    def encode_cuts(self, grey: Image, box: FaceBox, cuts: Sequence[Cut]) -> Encoding:
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        straight = dlib.get_face_chip_details(self._points(three, _rectangle(box)), CHIP, _PADDING)
        chips = np.stack([dlib.extract_image_chip(three, _moved(straight, cut)) for cut in cuts])
        self._net.setInput(np.ascontiguousarray(chips.transpose(0, 3, 1, 2).astype(np.float32)))
        return np.asarray(self._net.forward().mean(axis=0), np.float64)


def _rectangle(box: FaceBox) -> dlib.rectangle:
    """dlib's includes its last row and column."""
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)


def _moved(straight: dlib.chip_details, cut: Cut) -> dlib.chip_details:
    where = straight.rect
    side = where.right() - where.left()
    x, y = (where.left() + where.right()) / 2 + cut.across * side, (where.top() + where.bottom()) / 2 + cut.down * side
    half = side * cut.scale / 2
    place = dlib.drectangle(x - half, y - half, x + half, y + half)
    return dlib.chip_details(place, dlib.chip_dims(CHIP, CHIP), straight.angle + math.radians(cut.turn))


def _box(found: dlib.rectangle, grey: Image) -> FaceBox:
    height, width = grey.shape
    return FaceBox(
        max(found.left(), 0), max(found.top(), 0), min(found.right() + 1, width), min(found.bottom() + 1, height)
    )
