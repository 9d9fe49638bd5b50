"""Encoder that runs dlib's face network with OpenCV, ten times as fast as dlib and without holding the GIL."""

from pathlib import Path

import cv2
import dlib
import numpy as np

from vision.engines.dlib_landmarks import LandmarkDetector
from vision.engines.models.resnet import CHIP
from vision.face import Encoding, Face
from vision.frame import Image

_PADDING = 0.25
"""Padding around the face, as used for training the network."""


class DlibDnn:
    crops_by_landmarks = False

    def __init__(self, network: Path) -> None:
        """`network`: ONNX file from `vision.engines.models.build`. Raises WeightsMissing, cv2.error, RuntimeError."""
        self._landmarks = LandmarkDetector()
        self._net = cv2.dnn.readNetFromONNX(str(network))

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Return an encoding of shape (128,)."""
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        chip = dlib.get_face_chip(three, self._landmarks.detect(three, face), CHIP, _PADDING)
        self._net.setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None].astype(np.float32)))
        return np.asarray(self._net.forward()[0], np.float64)
