"""dlib's 5-point landmark detection, which its networks require."""

import dlib

from vision.engines.models.weights import LANDMARK_MODEL, weights
from vision.face import Face
from vision.frame import Image


class LandmarkDetector:
    """Landmark detector for the corners of both eyes and the base of the nose."""

    def __init__(self) -> None:
        """Load the landmark model. Raises WeightsMissing and RuntimeError."""
        self._predictor = dlib.shape_predictor(str(weights(LANDMARK_MODEL)))

    def detect(self, image: Image, face: Face) -> dlib.full_object_detection:
        """Return the landmarks of `face` in a contiguous grey or RGB image."""
        box = face.box.square()
        return self._predictor(image, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1))
