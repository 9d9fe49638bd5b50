"""Where the weights are that `face_recognition_models` brings, found without importing that package."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "face_recognition_models"
ENCODER = "dlib_face_recognition_resnet_model_v1.dat"
FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"

KNOWN_SHA256 = {
    ENCODER: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    FIVE_POINTS: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
}


class WeightsMissing(Exception):
    """The installation lacks a model file."""


def weights(name: str) -> Path:
    """The path of one model file. Raises WeightsMissing."""
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise WeightsMissing(f"{name} of {_PACKAGE} is not installed")


def sha256_of(path: Path) -> str:
    """Hexadecimal; reads the file once. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
