"""The one door to a face engine."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.decision import Judge
    from vision.engines.engine import FaceEngine

log = logging.getLogger(__name__)

_CALIBRATE_AGAIN = "Make it again with `uketsuke face calibrate`, or remove it: then the delivered one serves."


def user_cache() -> Path:
    """Where the built network is kept when no terminal's own folder is given."""
    from platformdirs import user_cache_path

    return user_cache_path("uketsuke")


def own_judge(model: Path | None, calibration: Path | None) -> "Judge | None":
    """What decides with `open_engine` of the same arguments; None for the delivered calibration. Loads no network.

    Raises NotCalibrated, WeightsMissing.
    """
    if model is None and (calibration is None or not calibration.exists()):
        return None
    from vision.crowd import SHIPPED, shipped_crowd
    from vision.decision import Judge
    from vision.engines.models.dropin import fitting_calibration, judge_in
    from vision.engines.models.weights import ENCODER, sha256_of, weights

    if model is not None:
        return judge_in(model)
    assert calibration is not None
    made = fitting_calibration(calibration, sha256_of(weights(ENCODER)), SHIPPED, _CALIBRATE_AGAIN)
    return Judge(made, shipped_crowd())


def open_engine(cache: Path, model: Path | None = None, calibration: Path | None = None) -> "FaceEngine":
    """dlib's network run by OpenCV, built below `cache` the first time; `face_recognition` where that fails.

    `model`: the folder of one that `vision.engines.models.dropin` added, instead of the delivered weights; nothing
    stands in for it. `calibration`: of the delivered weights, if that file is there, instead of the delivered one.
    Takes about half a second to load. Raises NotCalibrated where either does not fit, NotBuilt for a model,
    WeightsMissing.
    """
    from vision.engines.models.build import NotBuilt, built_network
    from vision.engines.models.weights import ENCODER, WeightsMissing, weights

    judge = own_judge(model, calibration)
    if model is not None:
        from vision.engines.models.dropin import network_in

        return network_in(model).open(cache, judge)
    try:
        import cv2

        from vision.engines.dnn import DnnEngine

        try:
            return DnnEngine(built_network(weights(ENCODER), cache), judge)
        except (cv2.error, RuntimeError) as error:
            raise NotBuilt(f"{type(error).__name__}: {error}") from error
    except (NotBuilt, WeightsMissing, ImportError) as problem:
        log.warning("the fast face encoder is not to be had (%s); face_recognition, ten times slower, serves", problem)
    from vision.engines.dlib import DlibEngine

    return DlibEngine(judge)
