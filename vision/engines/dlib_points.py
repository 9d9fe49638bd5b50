"""dlib's 5-point landmarks, as required by its networks, for a box like that of its own detector."""

import dlib

from vision.engines.models.weights import FIVE_POINTS, weights
from vision.face import Face
from vision.frame import Image


class FivePoints:
    """Corners of both eyes and the base of the nose."""

    def __init__(self) -> None:
        """Load the landmark model. Raises WeightsMissing and RuntimeError."""
        self._predictor = dlib.shape_predictor(str(weights(FIVE_POINTS)))

    def of(self, picture: Image, face: Face) -> dlib.full_object_detection:
        """Return the landmarks of `face` in `picture`, which must be grey or RGB and contiguous."""
        box = face.box.square()
        return self._predictor(picture, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1))
