"""`face_recognition` as the encoder: dlib's network run by dlib.

One encoding takes about 110 ms of one core and holds the interpreter meanwhile; `vision.engines.dlib_dnn` gives the
same numbers in a tenth of that.
"""

import warnings

import numpy as np

from vision.face import Encoding, Face
from vision.frame import Image


class DlibLibrary:
    by_points = False

    def __init__(self) -> None:
        """Takes seconds."""
        # it loads its models on import, and warns of pkg_resources, which we pin
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            import face_recognition

        self._library = face_recognition

    def encode(self, grey: Image, face: Face) -> Encoding:
        """(128,)."""
        three = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        box = face.box.square()
        where = [(box.top, box.right - 1, box.bottom - 1, box.left)]  # theirs include the last pixel
        encoded = self._library.face_encodings(three, where, num_jitters=1, model="small")
        return np.asarray(encoded[0], np.float64)
