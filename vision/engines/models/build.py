"""Convert dlib's network to an ONNX file for OpenCV, once per installation."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from config.files import write_atomically
from vision.engines.models.compare import MAX_DIFFERENCE, difference_to_dlib
from vision.engines.models.dlib_file import tensors
from vision.engines.models.resnet import UnexpectedNetwork, face_network
from vision.engines.models.weights import NotBuilt, sha256_of

log = logging.getLogger(__name__)

_FORMAT = 1
"""Version of the converted file. Increment it to make every installation convert the network again."""


@dataclass(frozen=True, slots=True)
class _Record:
    """Metadata stored with the converted file."""

    format: int
    opencv: str
    source_sha256: str
    built_sha256: str


def built_network(source: Path, cache: Path) -> Path:
    """Return the ONNX file in `cache` for the dlib network in `source`. Raises NotBuilt.

    Checks the hash on every call, and converts the network again if weights, OpenCV version or file have changed.
    """
    import cv2

    try:
        source_hash = sha256_of(source)
        built = cache / f"face-{source_hash[:12]}.onnx"
        record = _read_record(built.with_suffix(".json"))
        expected = _Record(_FORMAT, cv2.__version__, source_hash, sha256_of(built) if built.is_file() else "")
        if record == expected:
            return built
        network = face_network(tensors(source.read_bytes()))
        difference = difference_to_dlib(network, source)
        if not difference <= MAX_DIFFERENCE:
            raise NotBuilt(f"the converted network differs from dlib's by {difference:.1e}")
        write_atomically(built, network)
        record = _Record(_FORMAT, cv2.__version__, source_hash, hashlib.sha256(network).hexdigest())
        write_atomically(built.with_suffix(".json"), json.dumps(asdict(record)).encode())
        log.info("converted face encoder to %s, difference from dlib %.1e", built.name, difference)
    except (OSError, UnexpectedNetwork, cv2.error) as error:
        raise NotBuilt(f"{type(error).__name__}: {error}") from error
    return built


def _read_record(path: Path) -> _Record | None:
    try:
        values = json.loads(path.read_bytes())
        return _Record(**values)
    except (OSError, ValueError, TypeError):
        return None
