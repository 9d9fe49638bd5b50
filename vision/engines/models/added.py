"""Recognition networks of the terminal's own, each in a folder with its calibration.

No calibration, no use: a folder in the store is complete or it is not there.
"""

import logging
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.measure import Figure, figures
from vision.calibration.persons import Told, counted, encoded_persons
from vision.decision import Calibration, NotCalibrated, load_calibration, save_calibration
from vision.engines.engine import Engine
from vision.engines.models.known import model_named
from vision.engines.models.network import KINDS, Network, network_of
from vision.engines.models.weights import YUNET, delivered, sha256_of
from vision.engines.yunet import YuNet

log = logging.getLogger(__name__)

WEIGHTS, CALIBRATION = "weights", "calibration.json"
"""Names in a model's folder; the first with the ending of its kind."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
ADD_AGAIN = "Add it again: `uketsuke face add`."


@dataclass(frozen=True, slots=True)
class Added:
    folder: Path
    calibration: Calibration
    figures: list[Figure]
    """Of the persons that set no threshold."""


def add_model(
    file: Path,
    persons: Path,
    store: Path,
    cache: Path,
    *,
    sha256: str | None = None,
    name: str | None = None,
    taken: Sequence[str] = (),
    told: Told | None = None,
) -> Added:
    """Into `store`, below `name` or else the file's own. `persons`: a folder per person; half of them make the
    thresholds. A model of that name with the same weights is replaced.

    `sha256`: what its maker publishes, if known. `taken`: names that are not free. Nothing of a person is kept. Raises
    NotBuilt for a file that is not such a network, NotCalibrated for another hash or a name that is taken,
    TooFewPersons where the persons do not suffice, WeightsMissing without the detector, OSError.
    """
    name = name or file.stem
    if not _NAME.fullmatch(name) or name in taken:
        raise NotCalibrated(
            f"{name!r} cannot name a model: use letters, digits, dots, - and _, and none of {', '.join(taken)}. "
            "Give it another name."
        )
    network = network_of(file)
    check_hash(file, sha256)
    place = store / name
    if place.exists() and _identity_in(place) != network.identity:
        raise NotCalibrated(f"{place} holds another model. Give this one another name, or remove that folder.")
    engine = Engine(YuNet(delivered(YUNET)), network.open(cache))
    encoded = list(counted(encoded_persons(persons, engine), persons, told))
    made = calibrate([one for one in encoded if not is_reported(one)], network.identity)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        folder = Path(work) / "made"
        folder.mkdir()
        shutil.copyfile(file, folder / f"{WEIGHTS}{network.kind.ending}")
        save_calibration(folder / CALIBRATION, made)
        calibration_in(folder)
        if place.exists():
            place.rename(Path(work) / "before")
        folder.rename(place)
    log.info("model %s added, thresholds %s", place.name, made.thresholds)
    return Added(place, made, figures([one for one in encoded if is_reported(one)], made))


def check_hash(file: Path, sha256: str | None) -> None:
    """Against `sha256`, and against what is known of a file of that name. Raises NotCalibrated, OSError."""
    found = sha256_of(file)
    if sha256 is not None and found != sha256.lower():
        raise NotCalibrated(f"{file.name} has the hash {found}, not {sha256.lower()} as given. Get the file again.")
    known = model_named(file.stem)
    if known is not None and known.sha256 is not None and found not in (known.sha256, known.carried_sha256):
        raise NotCalibrated(f"{file.name} has the hash {found}, not {known.sha256} as published. Get the file again.")


def calibration_in(model: Path) -> Calibration:
    """The calibration in a model's folder, if it belongs to the weights beside it. Raises NotCalibrated."""
    try:
        identity = network_in(model).identity
    except OSError as error:
        raise NotCalibrated(f"{model} cannot be read ({error.strerror}). {ADD_AGAIN}") from error
    return fitting_calibration(model / CALIBRATION, identity, ADD_AGAIN)


def fitting_calibration(path: Path, identity: str, remedy: str) -> Calibration:
    """Load a calibration that belongs to the network of that identity. Raises NotCalibrated."""
    try:
        calibration = load_calibration(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotCalibrated(f"{path} cannot be used ({type(error).__name__}). {remedy}") from error
    if calibration.engine != identity:
        raise NotCalibrated(f"{path} is the calibration of another network. {remedy}")
    return calibration


def added_in(store: Path) -> list[str]:
    """Names, sorted, whether they can be used or not."""
    if not store.is_dir():
        return []
    return sorted(path.name for path in store.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def network_in(model: Path) -> Network:
    """Raises NotCalibrated where the folder holds none."""
    for kind in KINDS:
        weights = model / f"{WEIGHTS}{kind.ending}"
        if weights.is_file():
            return network_of(weights)
    raise NotCalibrated(f"there is no whole model in {model}. Add one: `uketsuke face add`.")


def _identity_in(place: Path) -> str | None:
    try:
        return network_in(place).identity
    except (NotCalibrated, OSError):
        return None
