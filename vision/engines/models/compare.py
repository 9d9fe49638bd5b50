"""Check that the converted network is equivalent to dlib's, by encoding a synthetic face with both."""

from pathlib import Path

import numpy as np

from vision.engines.models.resnet import CHIP
from vision.engines.models.weights import LANDMARK_MODEL, weights
from vision.frame import Image

MAX_DIFFERENCE = 1e-4
"""Maximum Euclidean distance between the two encodings, whose length is about 1.5."""


def synthetic_chip() -> Image:
    """Return an aligned synthetic face of shape (150, 150, 3)."""
    import dlib

    from vision.synthetic.portrait import face_of_portrait, portrait

    image, box = portrait("hana"), face_of_portrait()
    landmarks = dlib.shape_predictor(str(weights(LANDMARK_MODEL)))
    return dlib.get_face_chip(
        image, landmarks(image, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)), CHIP
    )


def difference_to_dlib(network: bytes, source: Path) -> float:
    """Return the Euclidean distance between both encodings. Raises cv2.error if OpenCV cannot read `network`."""
    import cv2
    import dlib

    chip = synthetic_chip()
    expected = np.array(list(dlib.face_recognition_model_v1(str(source)).compute_face_descriptor(chip)))
    net = cv2.dnn.readNetFromONNX(np.frombuffer(network, np.uint8))
    net.setInput(np.ascontiguousarray(chip.transpose(2, 0, 1)[None].astype(np.float32)))
    return float(np.linalg.norm(expected - np.asarray(net.forward(), np.float64)[0]))
