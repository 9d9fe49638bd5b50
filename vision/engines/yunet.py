"""YuNet, OpenCV's face detector, which returns the box and five landmarks of every face in a few milliseconds."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.engines.models.weights import NotBuilt
from vision.face import Face, FaceAxes, FaceBox
from vision.frame import Image
from vision.opencv_log import silence

Rows = NDArray[np.float32]
"""(N, 15), best first: left, top, width, height, x and y of each landmark (see `vision.face.Landmarks`), and score."""

_QUICK_SIDE, _THOROUGH_SIDE = 320, 640
"""Longer side of the image to search in pixels. YuNet detects faces of 10 to 300 pixels (README in opencv_zoo)."""
_MIN_SCORE, _MIN_THOROUGH_SCORE = 0.8, 0.6
"""Minimum scores in the quick and the thorough search."""
_MAX_OVERLAP = 0.3
_MAX_FACES = 20
_REFINEMENT_CROPS = ((112, 0.6), (144, 0.6))
"""Side length in pixels of each square image with the upright face, and relative height of the face."""
_MIN_REFINEMENT_SCORE = 0.5
"""Minimum score for detections of the upright face."""


class YuNet:
    def __init__(self, file: Path) -> None:
        """Load the network and test it with a blank image. Raises NotBuilt."""
        silence()
        try:
            self._detector = self._create(file, _QUICK_SIDE)
            self._rows(np.zeros((_QUICK_SIDE, _QUICK_SIDE), np.uint8), _QUICK_SIDE, _MIN_SCORE)
            # one detector per size, because changing the size takes as long as a detection
            self._refiners = {side: self._create(file, side) for side in {side for side, _ in _REFINEMENT_CROPS}}
        except cv2.error as error:
            raise NotBuilt(f"OpenCV {cv2.__version__} cannot read {file.name} as a YuNet detector") from error

    @staticmethod
    def _create(file: Path, side: int) -> cv2.FaceDetectorYN:
        return cv2.FaceDetectorYN.create(str(file), "", (side, side), _MIN_REFINEMENT_SCORE, _MAX_OVERLAP, _MAX_FACES)

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        """Return the faces. `thorough`: if there are none, search a larger image, then for a low-confidence face."""
        rows = self._rows(grey, _QUICK_SIDE, _MIN_SCORE)
        if thorough and not len(rows):
            rows = self._rows(grey, _THOROUGH_SIDE, _MIN_SCORE)
        if thorough and not len(rows):
            rows = self._rows(grey, _THOROUGH_SIDE, _MIN_THOROUGH_SCORE)[:1]
        height, width = grey.shape
        faces = (Face(_box(row, width, height), row[4:14].reshape(5, 2).astype(np.float64)) for row in rows)
        return [face for face in faces if face.box.width > 0 and face.box.height > 0]

    def refine_landmarks(self, grey: Image, face: Face) -> Face:
        """Return the face with more stable landmarks, averaged over detections in upright, medium-sized images."""
        detected = []
        for side, share in _REFINEMENT_CROPS:
            upright, matrix = _upright(grey, face, side, share)
            _, rows = self._refiners[side].detect(cv2.cvtColor(upright, cv2.COLOR_GRAY2BGR))
            if rows is not None:
                landmarks = np.asarray(rows[0][4:14], np.float64).reshape(1, 5, 2)
                detected.append(cv2.transform(landmarks, cv2.invertAffineTransform(matrix))[0])
        return Face(face.box, np.mean(detected, axis=0)) if detected else face

    def _rows(self, grey: Image, longest: int, score: float) -> Rows:
        height, width = grey.shape
        scale = min(1.0, longest / max(height, width))
        if scale < 1:
            grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        self._detector.setInputSize((grey.shape[1], grey.shape[0]))
        self._detector.setScoreThreshold(score)
        _, detected = self._detector.detect(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        rows = np.zeros((0, 15), np.float32) if detected is None else np.array(detected, np.float32)
        rows[:, :14] /= scale
        return rows


def _box(row: Rows, width: int, height: int) -> FaceBox:
    """Return the box of a face, clipped to the image."""
    left, top, right, bottom = (round(float(edge)) for edge in (row[0], row[1], row[0] + row[2], row[1] + row[3]))
    return FaceBox(max(left, 0), max(top, 0), min(right, width), min(bottom, height))


def _upright(grey: Image, face: Face, side: int, share: float) -> tuple[Image, NDArray[np.float64]]:
    """Return a square image with the upright face in its centre, and the transformation matrix."""
    axes = FaceAxes(face.landmarks)
    scale = side * share / max(face.box.height, 1)
    x, y = axes.to_pixels(0.0, 0.5)
    degrees = float(np.degrees(np.arctan2(axes.across[1], axes.across[0])))
    matrix = np.asarray(cv2.getRotationMatrix2D((float(x), float(y)), degrees, scale), np.float64)
    matrix[:, 2] += (side / 2 - x, side / 2 - y)
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    upright = cv2.warpAffine(grey, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(upright, np.uint8), matrix
