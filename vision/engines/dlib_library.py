"""Encoder that runs dlib's network with the library `face_recognition`.

An encoding takes about 110 ms on one core and holds the GIL. `vision.engines.dlib_dnn` takes a tenth of the time for
the same values.
"""

import warnings

import numpy as np

from vision.face import Encoding, Face
from vision.frame import Image


class DlibLibrary:
    crops_by_landmarks = False

    def __init__(self) -> None:
        """Load the models, which takes several seconds."""
        # loads its models on import, and warns about the pinned pkg_resources
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            import face_recognition

        self._library = face_recognition

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Return an encoding of shape (128,)."""
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        box = face.box.square()
        locations = [(box.top, box.right - 1, box.bottom - 1, box.left)]  # inclusive
        encodings = self._library.face_encodings(three, locations, num_jitters=1, model="small")
        return np.asarray(encodings[0], np.float64)
