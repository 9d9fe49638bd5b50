"""Recognition networks as files, and their encoders. A new kind requires a class and an entry in `KINDS`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vision.engines.models.weights import ADD_DLIB, YUNET, NotBuilt, require_library, sha256_of

if TYPE_CHECKING:
    from vision.engines.engine import Encoder


@dataclass(frozen=True, slots=True)
class NetworkKind:
    """Kind of network files, with functions for detecting and opening them."""

    name: str
    ending: str
    fits: Callable[[Path], bool]
    """Return whether a file appears to be of this kind. May raise OSError."""
    open: "Callable[[Path, Path], Encoder]"
    """Open a file, given the terminal's cache folder. Raises NotBuilt, WeightsMissing and OSError."""


def _open_dlib(file: Path, cache: Path) -> "Encoder":
    import cv2

    require_library("dlib", ADD_DLIB)
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
    """Return whether this is an ONNX file, which begins with a small version number. dlib files begin with 1, 1."""
    head = _head(file)
    return head[:1] == b"\x08" and head[1:2] < b"\x20"


KINDS = (
    NetworkKind("sface", ".onnx", _is_onnx, _open_sface),
    NetworkKind("dlib", ".dat", lambda file: not _is_onnx(file), _open_dlib),
)
"""Network kinds, in the order of detection."""

_UNUSABLE = {
    b"BZh": "is compressed. Decompress it first: bunzip2 {}",
    b"PK\x03\x04": "is compressed. Extract it first: unzip {}",
    b"version https://git-lfs": "is a git-lfs pointer. Download the file: git lfs pull",
}


@dataclass(frozen=True, slots=True)
class Network:
    """Recognition network in a file."""

    weights: Path
    kind: NetworkKind

    @property
    def identity(self) -> str:
        """Identity recorded in calibrations. Raises OSError."""
        return identity_for(sha256_of(self.weights))

    def open(self, cache: Path) -> "Encoder":
        """Open the network. Raises NotBuilt, WeightsMissing and OSError."""
        return self.kind.open(self.weights, cache)


def identity_for(encoder_sha256: str) -> str:
    """Return the SHA-256 of the published hashes of encoder and detector. Encodings depend on both."""
    return hashlib.sha256(f"{encoder_sha256} {YUNET.published_sha256}".encode()).hexdigest()


def identify_network(file: Path) -> Network:
    """Return the network in a file. Raises NotBuilt if the file cannot be a network, and OSError."""
    head = _head(file)
    for beginning, reason in _UNUSABLE.items():
        if head.startswith(beginning):
            raise NotBuilt(f"{file.name} {reason.format(file.name)}")
    return Network(file, next(kind for kind in KINDS if kind.fits(file)))
