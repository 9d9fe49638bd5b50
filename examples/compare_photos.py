"""Compare two photographs with the terminal's face engine: the same person or different people?

    python examples/compare_photos.py one.jpg other.jpg

A photograph does not prove that a person is present, so the terminal also asks for a turn of the head. See
docs/accuracy.md for error rates.
"""

import sys

import cv2
import numpy as np

from vision.engines.engine import FaceEngine
from vision.engines.open import open_engine, user_cache
from vision.face import Encoding, distance


def encoding_of(engine: FaceEngine, path: str) -> Encoding | None:
    """Return the encoding of the face in a picture, or None unless there is exactly one face."""
    picture = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return None
    grey = np.asarray(picture, np.uint8)
    faces = engine.faces(grey, thorough=True)
    return engine.encode(grey, faces[0]) if len(faces) == 1 else None


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    engine = open_engine(user_cache())
    encodings = [encoding_of(engine, path) for path in arguments]
    for path, encoding in zip(arguments, encodings, strict=True):
        if encoding is None:
            print(f"{path}: not a picture of exactly one face", file=sys.stderr)
            return 1
    one, other = encodings
    assert one is not None
    assert other is not None
    apart, allowed = distance(one, other), engine.calibration.threshold(1)
    print(f"{'same person' if apart <= allowed else 'different people'}: distance {apart:.3f}, allowed {allowed:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
