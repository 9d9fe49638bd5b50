"""Recognition networks as files, and the encoders that run them. A new kind needs a class and a row in `KINDS`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vision.engines.models.weights import ADD_DLIB, YUNET, NotBuilt, need_library, sha256_of

if TYPE_CHECKING:
    from vision.engines.engine import Encoder


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """How files of one kind are recognised and opened."""

    name: str
    ending: str
    fits: Callable[[Path], bool]
    """Return whether a file appears to be of this kind. Raises OSError."""
    open: "Callable[[Path, Path], Encoder]"
    """Open a file; the second argument is the terminal's cache folder. Raises NotBuilt, WeightsMissing and OSError."""


def _open_dlib(file: Path, cache: Path) -> "Encoder":
    import cv2

    need_library("dlib", ADD_DLIB)
    from vision.engines.dlib_dnn import DlibDnn
    from vision.engines.models.build import built_network

    try:
        return DlibDnn(built_network(file, cache))
    except (cv2.error, RuntimeError) as error:
        raise NotBuilt(f"{type(error).__name__}: {error}") from error


def _open_sface(file: Path, cache: Path) -> "Encoder":
    from vision.engines.sface import SFace

    return SFace(file)


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(32)


def _is_onnx(file: Path) -> bool:
    """Return whether it is an ONNX file, whose first field is a small version number. dlib files begin with 1, 1."""
    head = _head(file)
    return head[:1] == b"\x08" and head[1:2] < b"\x20"


KINDS = (
    NetworkKind("sface", ".onnx", _is_onnx, _open_sface),
    NetworkKind("dlib", ".dat", lambda file: not _is_onnx(file), _open_dlib),
)
"""Kinds, tried in this order."""

_NOT_YET = {
    b"BZh": "is compressed. Decompress it first: bunzip2 {}",
    b"PK\x03\x04": "is compressed. Extract it first: unzip {}",
    b"version https://git-lfs": "is only a git-lfs pointer. Get the file itself: git lfs pull",
}


@dataclass(frozen=True, slots=True)
class Network:
    """Recognition network as a file."""

    weights: Path
    kind: NetworkKind

    @property
    def identity(self) -> str:
        """Identity to which a calibration is bound. Raises OSError."""
        return identity_of(sha256_of(self.weights))

    def open(self, cache: Path) -> "Encoder":
        """Open the network. Raises NotBuilt, WeightsMissing and OSError."""
        return self.kind.open(self.weights, cache)


def identity_of(encoder_sha256: str) -> str:
    """Return the SHA-256 of the published hashes of the encoder and the detector, on which encodings also depend."""
    return hashlib.sha256(f"{encoder_sha256} {YUNET.published_sha256}".encode()).hexdigest()


def network_of(file: Path) -> Network:
    """Return the network in a file. Raises NotBuilt if it is certainly not a network, and OSError."""
    head = _head(file)
    for beginning, reason in _NOT_YET.items():
        if head.startswith(beginning):
            raise NotBuilt(f"{file.name} {reason.format(file.name)}")
    return Network(file, next(kind for kind in KINDS if kind.fits(file)))
