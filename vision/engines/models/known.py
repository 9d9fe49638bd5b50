"""Table of known networks, with licence, source and hash."""

from dataclasses import dataclass

from vision.engines.models.weights import ENCODER, KNOWN_SHA256, SFACE, YUNET


@dataclass(frozen=True, slots=True)
class KnownModel:
    name: str
    """File name without extension."""
    about: str
    licence: str
    home_page: str
    sha256: str | None
    """Published hash; None if unknown."""
    packaged_sha256: str | None = None
    """Hash of the modified file in this package, if any."""
    engine: str = ""
    """Value of `vision.model` for which the network is included in this package; empty if not included."""


_ZOO = "https://github.com/opencv/opencv_zoo/tree/main/models"
KNOWN = (
    KnownModel(
        SFACE.name.removesuffix(".onnx"),
        "OpenCV's SFace, int8 weights",
        "Apache-2.0",
        f"{_ZOO}/face_recognition_sface",
        SFACE.published_sha256,
        SFACE.packaged_sha256,
        engine="sface",
    ),
    KnownModel(
        YUNET.name.removesuffix(".onnx"),
        "OpenCV's YuNet, int8 weights: the face detector for all networks",
        "MIT",
        f"{_ZOO}/face_detection_yunet",
        YUNET.published_sha256,
        engine="every engine",
    ),
    KnownModel(
        "dlib_face_recognition_resnet_model_v1",
        "dlib's network, trained mostly on Western faces; part of face_recognition_models",
        "public domain",
        "https://github.com/davisking/dlib-models",
        KNOWN_SHA256[ENCODER],
        engine="dlib",
    ),
    KnownModel(
        "taguchi_face_recognition_resnet_model_v1",
        "dlib's network, trained on faces of which nearly half are Japanese; not measured by this project",
        "not stated for this network; its home page places the owner's own work in the public domain",
        "https://github.com/davisking/dlib-models",
        None,
    ),
    KnownModel(
        "face_recognition_sface_2021dec",
        "OpenCV's SFace, float weights",
        "Apache-2.0",
        f"{_ZOO}/face_recognition_sface",
        "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    ),
)
"""The hashes of OpenCV's files are those of the git-lfs pointers in opencv_zoo."""


def model_with(sha256: str) -> KnownModel | None:
    return next((model for model in KNOWN if sha256 in (model.sha256, model.packaged_sha256)), None)


def model_named(name: str) -> KnownModel | None:
    return next((model for model in KNOWN if model.name == name), None)
