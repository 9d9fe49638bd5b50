"""`face_recognition` as the engine, where the faster one is not to be had.

dlib's HOG detector, 5-point alignment and ResNet encoder. One encoding takes about 110 ms of one core and holds the
interpreter meanwhile.
"""

import warnings

import cv2
import dlib
import numpy as np

from vision.decision import Judge, shipped_judge
from vision.engines.engine import Encoding, FaceBox, Points
from vision.engines.models.weights import FIVE_POINTS, weights
from vision.frame import Image

_HALF = 0.5


class DlibEngine:
    def __init__(self, judge: Judge | None = None) -> None:
        """`judge`: of another calibration than the delivered one."""
        self._judge = judge
        # Seconds: it loads its models on import, and warns of pkg_resources, which we pin.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            import face_recognition

        self._library = face_recognition
        self._points = dlib.shape_predictor(str(weights(FIVE_POINTS)))

    def judge(self) -> Judge:
        return self._judge or shipped_judge()

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """Half scale first, four times as fast, which finds faces from 160 pixels; full scale where it finds none."""
        if not thorough:
            small = cv2.resize(grey, None, fx=_HALF, fy=_HALF, interpolation=cv2.INTER_AREA)
            found = self._locate(np.asarray(small, np.uint8), 0)
            if found:
                return [box.scaled(1 / _HALF) for box in found]
        return self._locate(grey, 1 if thorough else 0)

    def _locate(self, grey: Image, upsample: int) -> list[FaceBox]:
        located = self._library.face_locations(np.ascontiguousarray(grey), upsample, "hog")
        return [FaceBox(left, top, right + 1, bottom + 1) for top, right, bottom, left in located]

    def points(self, grey: Image, box: FaceBox) -> Points:
        """By the 5-point model."""
        where = dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
        found = self._points(np.ascontiguousarray(grey), where).parts()
        return np.array([(point.x, point.y) for point in found], np.float64)

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        where = [(box.top, box.right - 1, box.bottom - 1, box.left)]  # theirs include the last pixel
        encoded = self._library.face_encodings(three, where, num_jitters=1, model="small")
        return np.asarray(encoded[0], np.float64)
