"""Locations of model files in this package and in `face_recognition_models`.

Uses only the standard library, because the wheel build imports this module.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vision.engines.models.graph_inputs import without_surplus_inputs

PACKAGED_FILES = Path(__file__).parent / "files"
"""Folder of the included files. They are not in the repository; `hatch_build.py` adds them."""
FOLDER_VARIABLE = "UKETSUKE_FACE_NETWORKS"
"""Environment variable for a different folder, for system packages that install data elsewhere."""

ENCODER = "dlib_face_recognition_resnet_model_v1.dat"
ADD_DLIB = 'pip install "uketsuke[dlib]"'
ADD_FACE_RECOGNITION = f'{ADD_DLIB} "setuptools<81", then pip install --no-deps face-recognition==1.3.0'
"""Without dependencies, because `dlib` takes minutes to compile. dlib-bin is prebuilt."""

LANDMARK_MODEL = "shape_predictor_5_face_landmarks.dat"

KNOWN_SHA256 = {
    ENCODER: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    LANDMARK_MODEL: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
}


class WeightsMissing(Exception):
    """A model file, or the library that runs it, is not installed."""


class NotBuilt(Exception):
    """A file is not the expected network or cannot be converted for OpenCV."""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """File from OpenCV's model zoo that is included in this package."""

    name: str
    published_sha256: str
    """Hash in the zoo's git-lfs pointer."""
    input: str
    """Name of the graph input."""
    packaged_sha256: str
    """Hash of the included file, without surplus graph inputs."""
    licence: str

    def convert(self, published: bytes) -> bytes:
        """Return the file to include for the published file. Raises NotBuilt for a different file."""
        actual = hashlib.sha256(published).hexdigest()
        if actual != self.published_sha256:
            raise NotBuilt(f"{self.name} has the hash {actual} instead of {self.published_sha256} as published")
        included = without_surplus_inputs(published, self.input)
        actual = hashlib.sha256(included).hexdigest()
        if actual != self.packaged_sha256:
            raise NotBuilt(
                f"{self.name} without surplus inputs has the hash {actual} instead of {self.packaged_sha256}"
            )
        return included


SFACE = PackagedModel(
    "face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    "data",
    "487a139eb85ccd5ff30aef7d0add7f12d2bb7abb90c5f08a7f481b452a660e00",
    "LICENSE-sface.txt",
)
YUNET = PackagedModel(
    "face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    "input",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    "LICENSE-yunet.txt",
)
PACKAGED_MODELS = (SFACE, YUNET)


def packaged_file(file: PackagedModel) -> Path:
    """Return the path of an included file after checking its hash. Raises WeightsMissing and OSError."""
    folder = os.environ.get(FOLDER_VARIABLE)
    path = (Path(folder) if folder else PACKAGED_FILES) / file.name
    if not path.is_file():
        raise WeightsMissing(f"{file.name} is missing in {path.parent}. Reinstall with `make setup` or the wheel.")
    if sha256_of(path) not in (file.packaged_sha256, file.published_sha256):
        raise WeightsMissing(f"{path} does not have the published hash: it is damaged or a different file. Reinstall.")
    return path


def weights(name: str) -> Path:
    """Return the path of a dlib model file, without importing its package. Raises WeightsMissing."""
    for folder in package_folders("face_recognition_models"):
        path = folder / "models" / name
        if path.is_file():
            return path
    raise WeightsMissing(f"{name} of face_recognition_models is not installed. Run {ADD_DLIB}")


def require_library(name: str, remedy: str) -> None:
    """Raise WeightsMissing with the remedy if the library is not installed."""
    if find_spec(name) is None:
        raise WeightsMissing(f"{name} is not installed. Run {remedy}")


def package_folders(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    yield from map(Path, (spec.submodule_search_locations or ()) if spec else ())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
