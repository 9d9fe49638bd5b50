"""Reference for the face check: the encoding of the card's photo, held for one reception."""

from vision.engines.engine import FaceEngine
from vision.face import Encoding
from vision.photo import PhotoProblem, decode_photo
from vision.verdict import ReferenceProblem


class Reference:
    """Encoding in its own buffer."""

    __slots__ = ("encoding",)

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding.copy()

    def __repr__(self) -> str:
        return "Reference()"

    def wipe(self) -> None:
        self.encoding.fill(0)


def make_reference(engine: FaceEngine, jp2: bytes | bytearray) -> Reference | ReferenceProblem:
    """Encode the card's photo, which must show exactly one face."""
    grey = decode_photo(jp2)
    if isinstance(grey, PhotoProblem):
        return ReferenceProblem.UNREADABLE
    try:
        faces = engine.faces(grey, thorough=True)
        if len(faces) != 1:
            return ReferenceProblem.NO_FACE if not faces else ReferenceProblem.SEVERAL_FACES
        encoding = engine.encode_photo(grey, faces[0])
        reference = Reference(encoding)
        encoding.fill(0)
        return reference
    finally:
        grey.fill(0)
