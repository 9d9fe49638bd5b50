"""A recognition network as a file, and which encoder runs it. One row per kind: a new one is a class and a row."""

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
    """How files of one sort are recognised and opened."""

    name: str
    ending: str
    fits: Callable[[Path], bool]
    """Whether a file looks like one of this kind. Raises OSError."""
    open: "Callable[[Path, Path], Encoder]"
    """From the file and the terminal's cache folder. Raises NotBuilt, WeightsMissing, OSError."""


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
    """The first field of an ONNX file is a small version number; dlib's files begin with 1, 1."""
    head = _head(file)
    return head[:1] == b"\x08" and head[1:2] < b"\x20"


KINDS = (
    NetworkKind("sface", ".onnx", _is_onnx, _open_sface),
    NetworkKind("dlib", ".dat", lambda file: not _is_onnx(file), _open_dlib),
)
"""Tried in this order."""

_NOT_YET = {
    b"BZh": "is packed. Unpack it first: bunzip2 {}",
    b"PK\x03\x04": "is packed. Unpack it first: unzip {}",
    b"version https://git-lfs": "is only git-lfs's note where the file is. Get the file itself: git lfs pull",
}


@dataclass(frozen=True, slots=True)
class Network:
    """The delivered detector is part of every engine, so encodings depend on it too."""

    weights: Path
    kind: NetworkKind

    @property
    def identity(self) -> str:
        """Return the identity that a calibration is bound to. Raises OSError."""
        return identity_of(sha256_of(self.weights))

    def open(self, cache: Path) -> "Encoder":
        """Raises NotBuilt, WeightsMissing, OSError."""
        return self.kind.open(self.weights, cache)


def identity_of(encoder_sha256: str) -> str:
    """SHA-256 of the hashes of encoder and detector, as published."""
    return hashlib.sha256(f"{encoder_sha256} {YUNET.published_sha256}".encode()).hexdigest()


def network_of(file: Path) -> Network:
    """Raises NotBuilt for a file that is certainly not a network, OSError."""
    head = _head(file)
    for beginning, reason in _NOT_YET.items():
        if head.startswith(beginning):
            raise NotBuilt(f"{file.name} {reason.format(file.name)}")
    return Network(file, next(kind for kind in KINDS if kind.fits(file)))
