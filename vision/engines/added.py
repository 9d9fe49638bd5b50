"""Recognition networks added to the terminal, each in a folder with its calibration.

`vision.calibration.adding` creates the folders atomically, so every network has a calibration.
"""

import re
from pathlib import Path

from vision.decision import Calibration, NotCalibrated, load_calibration
from vision.engines.network import KINDS, Network, identify_network

WEIGHTS, CALIBRATION = "weights", "calibration.json"
"""File names in a model folder. The weights have the extension of their network kind."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
ADD_AGAIN = "Add it again: `uketsuke face add`."


def is_model_name(name: str) -> bool:
    """Return whether this is a valid model name."""
    return _NAME.fullmatch(name) is not None


def model_calibration(model: Path) -> Calibration:
    """Return the calibration in a model folder. Raises NotCalibrated, also if it belongs to different weights."""
    try:
        identity = model_network(model).identity
    except OSError as error:
        raise NotCalibrated(f"cannot read {model}: {error.strerror}. {ADD_AGAIN}") from error
    return matching_calibration(model / CALIBRATION, identity, ADD_AGAIN)


def matching_calibration(path: Path, identity: str, remedy: str) -> Calibration:
    """Load a calibration. Raises NotCalibrated, also if it belongs to a different network."""
    try:
        calibration = load_calibration(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotCalibrated(f"cannot read the calibration {path} ({type(error).__name__}). {remedy}") from error
    if calibration.engine != identity:
        raise NotCalibrated(f"the calibration {path} is for a different network. {remedy}")
    return calibration


def added_models(store: Path) -> list[str]:
    """Return the sorted names of added models, including unusable ones."""
    if not store.is_dir():
        return []
    return sorted(path.name for path in store.iterdir() if path.is_dir() and is_model_name(path.name))


def model_network(model: Path) -> Network:
    """Return the network in a model folder. Raises NotCalibrated if it is missing, NotBuilt and OSError."""
    for kind in KINDS:
        weights = model / f"{WEIGHTS}{kind.ending}"
        if weights.is_file():
            return identify_network(weights)
    raise NotCalibrated(f"{model} contains no complete model. Add one: `uketsuke face add`.")
