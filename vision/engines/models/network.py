"""A recognition network as files: dlib's as one .dat, OpenCV's SFace as an ONNX file with a detector beside it."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from vision.engines.models.build import NotBuilt, built_network
from vision.engines.models.weights import sha256_of

if TYPE_CHECKING:
    from vision.decision import Judge
    from vision.engines.engine import FaceEngine


class Kind(StrEnum):
    DLIB = ".dat"
    SFACE = ".onnx"


_NOT_YET = {
    b"BZh": "is packed. Unpack it first: bunzip2 {}",
    b"PK\x03\x04": "is packed. Unpack it first: unzip {}",
    b"version https://git-lfs": "is only git-lfs's note where the file is. Get the file itself: git lfs pull",
}
_IR_VERSION = b"\x08"
"""The first field of an ONNX file, a small number; dlib's files begin with 1, 1."""


@dataclass(frozen=True, slots=True)
class Network:
    """What an engine is made of."""

    weights: Path
    detector: Path | None = None
    """Of SFace; it says where the eyes are, so encodings are its work too."""

    @property
    def hash(self) -> str:
        """What a calibration is bound to: SHA-256 of the weights, or of both files' hashes. Raises OSError."""
        found = sha256_of(self.weights)
        if self.detector is None:
            return found
        return hashlib.sha256(f"{found} {sha256_of(self.detector)}".encode()).hexdigest()

    def open(self, cache: Path, judge: "Judge | None" = None) -> "FaceEngine":
        """Without `judge`: to be calibrated. Raises NotBuilt, OSError."""
        if self.detector is None:
            from vision.engines.dnn import DnnEngine

            return DnnEngine(built_network(self.weights, cache), judge)
        from vision.engines.sface import SFaceEngine

        return SFaceEngine(self.weights, self.detector, judge)


def kind_of(file: Path) -> Kind:
    """By its first bytes. Raises NotBuilt for what is certainly none of both, OSError."""
    with file.open("rb") as opened:
        head = opened.read(32)
    for beginning, reason in _NOT_YET.items():
        if head.startswith(beginning):
            raise NotBuilt(f"{file.name} {reason.format(file.name)}")
    return Kind.SFACE if head[:1] == _IR_VERSION and head[1:2] < b"\x20" else Kind.DLIB


def network_of(file: Path, detector: Path | None) -> Network:
    """Raises NotBuilt where the two do not go together, OSError."""
    kind = kind_of(file)
    if kind is Kind.DLIB and detector is not None:
        raise NotBuilt(f"{file.name} is no ONNX file, and dlib's networks take no detector. Leave the detector away.")
    if kind is Kind.SFACE and detector is None:
        raise NotBuilt(
            f"{file.name} is an ONNX file: SFace needs YuNet beside it, which finds the face. Name its file."
        )
    if detector is not None and kind_of(detector) is not Kind.SFACE:
        raise NotBuilt(f"{detector.name} is no ONNX file, as YuNet is.")
    return Network(file, detector)
