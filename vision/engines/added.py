"""Recognition networks added to the terminal, each in a folder with its calibration.

They are added by `vision.calibration.adding`. A folder is either complete or absent, so every network has a
calibration.
"""

import re
from pathlib import Path

from vision.decision import Calibration, NotCalibrated, load_calibration
from vision.engines.network import KINDS, Network, network_of

WEIGHTS, CALIBRATION = "weights", "calibration.json"
"""File names in the folder of a model. The weights have the extension of their kind."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
ADD_AGAIN = "Add it again: `uketsuke face add`."


def can_name(name: str) -> bool:
    """Return whether this is a valid name for a model."""
    return _NAME.fullmatch(name) is not None


def calibration_in(model: Path) -> Calibration:
    """Return the calibration in the folder of a model, after checking that it belongs to the weights there.

    Raises NotCalibrated.
    """
    try:
        identity = network_in(model).identity
    except OSError as error:
        raise NotCalibrated(f"{model} cannot be read ({error.strerror}). {ADD_AGAIN}") from error
    return fitting_calibration(model / CALIBRATION, identity, ADD_AGAIN)


def fitting_calibration(path: Path, identity: str, remedy: str) -> Calibration:
    """Load a calibration that belongs to the network with that identity. Raises NotCalibrated."""
    try:
        calibration = load_calibration(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotCalibrated(f"{path} cannot be used ({type(error).__name__}). {remedy}") from error
    if calibration.engine != identity:
        raise NotCalibrated(f"{path} is the calibration of another network. {remedy}")
    return calibration


def added_in(store: Path) -> list[str]:
    """Return the sorted names of added models, including unusable ones."""
    if not store.is_dir():
        return []
    return sorted(path.name for path in store.iterdir() if path.is_dir() and can_name(path.name))


def network_in(model: Path) -> Network:
    """Return the network in the folder. Raises NotCalibrated if there is none."""
    for kind in KINDS:
        weights = model / f"{WEIGHTS}{kind.ending}"
        if weights.is_file():
            return network_of(weights)
    raise NotCalibrated(f"there is no complete model in {model}. Add one: `uketsuke face add`.")
