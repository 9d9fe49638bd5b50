"""The one door to a face engine."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.engine import FaceEngine

log = logging.getLogger(__name__)


def user_cache() -> Path:
    """Where the built network is kept when no terminal's own folder is given."""
    from platformdirs import user_cache_path

    return user_cache_path("uketsuke")


def open_engine(cache: Path, model: Path | None = None) -> "FaceEngine":
    """dlib's network run by OpenCV, built below `cache` the first time; `face_recognition` where that fails.

    `model`: the folder of one that `vision.models.dropin` added, instead of the delivered weights; nothing stands in
    for it. Raises NotCalibrated and NotBuilt for such a one. Loads models: call it where half a second does not hurt.
    """
    from vision.models.build import NotBuilt, built_network
    from vision.models.weights import ENCODER, WeightsMissing, weights

    if model is not None:
        return _added(cache, model)
    try:
        import cv2

        from vision.dnn_engine import DnnEngine

        try:
            return DnnEngine(built_network(weights(ENCODER), cache))
        except (cv2.error, RuntimeError) as error:
            raise NotBuilt(f"{type(error).__name__}: {error}") from error
    except (NotBuilt, WeightsMissing, ImportError) as problem:
        log.warning("the fast face encoder is not to be had (%s); face_recognition, ten times slower, serves", problem)
    from vision.dlib_engine import DlibEngine

    return DlibEngine()


def _added(cache: Path, model: Path) -> "FaceEngine":
    from vision.dnn_engine import DnnEngine
    from vision.models.build import built_network
    from vision.models.dropin import judge_in, weights_in

    judge = judge_in(model)
    return DnnEngine(built_network(weights_in(model), cache), judge)
