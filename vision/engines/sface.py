"""OpenCV's SFace behind YuNet as an engine: for whoever brings both files; nothing of them is delivered.

Encodings have length 1, so that distances of this network are comparable with each other (0 to 2); a mean of several is
shorter, as everywhere. They are on another scale than dlib's: without a calibration of its own it decides nothing.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.decision import Judge, NotCalibrated
from vision.engines.engine import Encoding, FaceBox, Points
from vision.engines.models.build import NotBuilt
from vision.engines.models.resnet import SIZE
from vision.frame import Image

Rows = NDArray[np.float32]
"""(N, 15), as OpenCV gives them, best first: left, top, width, height; x and y of the person's right eye, left eye,
nose tip, right and left corner of the mouth; score. In pixels of the picture."""

CHIP = 112
"""Side of the square picture the recogniser takes."""
_QUICK, _THOROUGH = 320, 640
"""Longer side of the picture that is searched; YuNet finds faces of 10 to 300 pixels (its README in opencv_zoo)."""
_SURE, _LIKELY = 0.9, 0.6
"""Scores; the first is OpenCV's own default."""
_OVERLAP_OF_TWO = 0.3
_MOST_FACES = 20
_SAME_FACE = 0.4
"""Overlap from which a box found again is the box that was asked for."""
_TYPICAL = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)
"""Where the five points lie in a box, roughly."""
_EYE = 0.25
"""Half an eye's width, in distances between the eyes."""
_NOSE_BASE = 0.3
"""From the tip of the nose, on the way to the middle of the mouth."""


class SFaceEngine:
    def __init__(self, recogniser: Path, detector: Path, judge: Judge | None = None) -> None:
        """ONNX files of OpenCV's zoo. Tries both on a blank picture. Raises NotBuilt."""
        self._judge = judge
        try:
            self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")
            given = self._feature(np.zeros((CHIP, CHIP, 3), np.uint8)).size
        except cv2.error as error:
            raise NotBuilt(f"{recogniser.name} is no SFace recogniser that OpenCV {cv2.__version__} reads") from error
        if given != SIZE:
            raise NotBuilt(f"{recogniser.name} is no SFace recogniser: it gives {given} values, not {SIZE}")
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(detector), "", (_QUICK, _QUICK), _SURE, _OVERLAP_OF_TWO, _MOST_FACES
            )
            self._rows(np.zeros((_QUICK, _QUICK), np.uint8), _QUICK, _SURE)
        except cv2.error as error:
            raise NotBuilt(f"{detector.name} is no YuNet detector that OpenCV {cv2.__version__} reads") from error

    def judge(self) -> Judge:
        """Raises NotCalibrated: there is no delivered calibration of this network."""
        if self._judge is None:
            raise NotCalibrated("this engine was opened to be calibrated")
        return self._judge

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """At a small scale. `thorough` looks again at a larger one where that finds nothing, and at last takes the most
        likely place even if that is doubtful."""
        rows = self._rows(grey, _QUICK, _SURE)
        if thorough and not len(rows):
            rows = self._rows(grey, _THOROUGH, _SURE)
        if thorough and not len(rows):
            rows = self._rows(grey, _THOROUGH, _LIKELY)[:1]
        height, width = grey.shape
        boxes = [_box(row, width, height) for row in rows]
        return [box for box in boxes if box.width > 0 and box.height > 0]

    def points(self, grey: Image, box: FaceBox) -> Points:
        """Estimated from the middles of the eyes and the tip of the nose, which YuNet finds instead."""
        right, left, tip, *mouth = self._row(grey, box)[4:14].reshape(5, 2).astype(np.float64)
        half = (left - right) * _EYE
        base = tip + (np.mean(mouth, axis=0) - tip) * _NOSE_BASE
        return np.array([left + half, left - half, right - half, right + half, base])

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        three = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        chip = self._recogniser.alignCrop(three, self._row(grey, box)[None])
        feature = self._feature(np.asarray(chip, np.uint8))
        return feature / max(float(np.linalg.norm(feature)), 1e-12)

    def _feature(self, chip: Image) -> Encoding:
        return np.array(self._recogniser.feature(chip), np.float64).ravel()

    def _rows(self, grey: Image, longest: int, score: float) -> Rows:
        height, width = grey.shape
        scale = min(1.0, longest / max(height, width))
        if scale < 1:
            grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        self._detector.setInputSize((grey.shape[1], grey.shape[0]))
        self._detector.setScoreThreshold(score)
        _, found = self._detector.detect(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        rows = np.zeros((0, 15), np.float32) if found is None else np.array(found, np.float32)
        rows[:, :14] /= scale
        return rows

    def _row(self, grey: Image, box: FaceBox) -> Rows:
        """(15,): that face found again, for its points; nothing of a picture is kept from one call to the next."""
        height, width = grey.shape
        for longest, score in ((_QUICK, _SURE), (_THOROUGH, _LIKELY)):
            rows = self._rows(grey, longest, score)
            overlaps = [_overlap(_box(row, width, height), box) for row in rows]
            if overlaps and max(overlaps) >= _SAME_FACE:
                return np.array(rows[int(np.argmax(overlaps))])
        corner, size = np.array((box.left, box.top)), np.array((box.width, box.height))
        points = corner + _TYPICAL * size
        return np.concatenate([corner, size, points.ravel(), [0]]).astype(np.float32)


def _box(row: Rows, width: int, height: int) -> FaceBox:
    """Of a face in a picture of that size, cut at its edges."""
    left, top, right, bottom = (round(float(edge)) for edge in (row[0], row[1], row[0] + row[2], row[1] + row[3]))
    return FaceBox(max(left, 0), max(top, 0), min(right, width), min(bottom, height))


def _overlap(one: FaceBox, other: FaceBox) -> float:
    """Common area as a share of both together."""
    width = max(min(one.right, other.right) - max(one.left, other.left), 0)
    height = max(min(one.bottom, other.bottom) - max(one.top, other.top), 0)
    together = one.width * one.height + other.width * other.height - width * height
    return width * height / max(together, 1)
