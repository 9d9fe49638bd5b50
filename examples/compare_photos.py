"""Check with the terminal's face engine whether two photographs show the same person.

    python examples/compare_photos.py first.jpg second.jpg

A matching photograph does not prove that the person is present, so the terminal also asks patients to turn their head.
Error rates are listed in docs/accuracy.md.
"""

import sys

import cv2
import numpy as np

from vision.engines.engine import FaceEngine
from vision.engines.open import open_engine, user_cache
from vision.face import Encoding, distance


def encode_file(engine: FaceEngine, path: str) -> Encoding | None:
    """Return the encoding of the face in an image, or None if the file is not an image with exactly one face."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if image is None:
        return None
    grey = np.asarray(image, np.uint8)
    faces = engine.faces(grey, thorough=True)
    return engine.encode(grey, faces[0]) if len(faces) == 1 else None


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    engine = open_engine(user_cache())
    encodings = [encode_file(engine, path) for path in arguments]
    for path, encoding in zip(arguments, encodings, strict=True):
        if encoding is None:
            print(f"{path}: not an image with exactly one face", file=sys.stderr)
            return 1
    first, second = encodings
    assert first is not None
    assert second is not None
    difference, limit = distance(first, second), engine.calibration.threshold(1)
    print(
        f"{'same person' if difference <= limit else 'different people'}: distance {difference:.3f}, limit {limit:.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
