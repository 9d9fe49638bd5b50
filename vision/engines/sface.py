"""SFace, OpenCV's recognition network and the default encoder."""

from pathlib import Path

import cv2
import numpy as np

from vision.engines.models.weights import NotBuilt
from vision.face import Encoding, Face
from vision.frame import Image

CHIP = 112
"""Side length of the square input image in pixels."""
SIZE = 128
"""Number of output values."""


class SFace:
    crops_by_landmarks = True

    def __init__(self, file: Path) -> None:
        """Load the network and test it with a blank image. Raises NotBuilt."""
        try:
            self._recogniser = cv2.FaceRecognizerSF.create(str(file), "")
            outputs = self._feature(np.zeros((CHIP, CHIP, 3), np.uint8)).size
        except cv2.error as error:
            raise NotBuilt(f"OpenCV {cv2.__version__} cannot read {file.name} as an SFace network") from error
        if outputs != SIZE:
            raise NotBuilt(f"{file.name} is not an SFace network: it returns {outputs} values instead of {SIZE}")

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Return a normalised encoding of shape (128,)."""
        box, three = face.box, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        row = np.array([box.left, box.top, box.width, box.height, *face.landmarks.ravel(), 1.0], np.float32)
        feature = self._feature(np.asarray(self._recogniser.alignCrop(three, row[None]), np.uint8))
        return feature / max(float(np.linalg.norm(feature)), 1e-12)

    def _feature(self, chip: Image) -> Encoding:
        return np.array(self._recogniser.feature(chip), np.float64).ravel()
