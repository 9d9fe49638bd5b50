"""`face_recognition` as encoder: dlib's network run by dlib.

An encoding takes about 110 ms on one core and holds the GIL. `vision.engines.dlib_dnn` returns the same values in a
tenth of the time.
"""

import warnings

import numpy as np

from vision.face import Encoding, Face
from vision.frame import Image


class DlibLibrary:
    by_points = False

    def __init__(self) -> None:
        """Load the models, which takes seconds."""
        # it loads its models on import, and warns about pkg_resources, which we pin
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            import face_recognition

        self._library = face_recognition

    def encode(self, grey: Image, face: Face) -> Encoding:
        """Return an encoding of shape (128,)."""
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        box = face.box.square()
        where = [(box.top, box.right - 1, box.bottom - 1, box.left)]  # includes the last pixel
        encoded = self._library.face_encodings(three, where, num_jitters=1, model="small")
        return np.asarray(encoded[0], np.float64)
