"""The default engine: dlib's detector, 5-point alignment and face network, the network run by OpenCV.

The same encodings as dlib's in a tenth of the time; other threads keep running meanwhile.
"""

from pathlib import Path

import cv2
import dlib
import numpy as np

from vision.engine import Encoding, FaceBox
from vision.frame import Image
from vision.models.resnet import CHIP
from vision.models.weights import FIVE_POINTS, weights

_HALF = 0.5


class DnnEngine:
    def __init__(self, network: Path) -> None:
        """`network` as `vision.models.build` builds it. Raises WeightsMissing, cv2.error, RuntimeError."""
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(weights(FIVE_POINTS)))
        self._net = cv2.dnn.readNetFromONNX(str(network))

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """Half scale first, four times as fast, which finds faces from 160 pixels; full scale where it finds none."""
        if not thorough:
            small = cv2.resize(grey, None, fx=_HALF, fy=_HALF, interpolation=cv2.INTER_AREA)
            found = self._locate(np.asarray(small, np.uint8), 0)
            if found:
                return [box.scaled(1 / _HALF) for box in found]
        return self._locate(grey, 1 if thorough else 0)

    def _locate(self, grey: Image, upsample: int) -> list[FaceBox]:
        height, width = grey.shape
        # dlib finds nothing in an array that is not contiguous, and says nothing
        return [
            FaceBox(
                max(found.left(), 0),
                max(found.top(), 0),
                min(found.right() + 1, width),
                min(found.bottom() + 1, height),
            )
            for found in self._detector(np.ascontiguousarray(grey), upsample)
        ]

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        points = self._points(three, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1))
        chip = dlib.get_face_chip(three, points, CHIP)
        self._net.setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None].astype(np.float32)))
        return np.array(self._net.forward()[0], np.float64)
