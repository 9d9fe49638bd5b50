"""Add a recognition network to the terminal: check its hash, calibrate it and keep it, or do not add it at all."""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.measure import Figure, figures
from vision.calibration.persons import Told, counted, encoded_persons
from vision.decision import Calibration, NotCalibrated, save_calibration
from vision.engines.added import CALIBRATION, WEIGHTS, calibration_in, can_name, network_in
from vision.engines.engine import Engine
from vision.engines.models.known import model_named
from vision.engines.models.weights import YUNET, delivered, sha256_of
from vision.engines.network import network_of
from vision.engines.yunet import YuNet

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AddedModel:
    folder: Path
    calibration: Calibration
    figures: list[Figure]
    """Figures on the persons that set no threshold."""


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
) -> AddedModel:
    """Into `store`, below `name` or else the file's own. `persons`: a folder per person; half of them make the
    thresholds. A model of that name with the same weights is replaced.

    `sha256`: what its maker publishes, if known. `taken`: names that are not free. No data of a person is kept. Raises
    NotBuilt for a file that is not such a network, NotCalibrated for another hash or a name that is taken,
    TooFewPersons where the persons do not suffice, WeightsMissing without the detector, OSError.
    """
    name = name or file.stem
    if not can_name(name) or name in taken:
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
    return AddedModel(place, made, figures([one for one in encoded if is_reported(one)], made))


def check_hash(file: Path, sha256: str | None) -> None:
    """Against `sha256`, and against what is known of a file of that name. Raises NotCalibrated, OSError."""
    found = sha256_of(file)
    if sha256 is not None and found != sha256.lower():
        raise NotCalibrated(f"{file.name} has the hash {found}, not {sha256.lower()} as given. Get the file again.")
    known = model_named(file.stem)
    if known is not None and known.sha256 is not None and found not in (known.sha256, known.carried_sha256):
        raise NotCalibrated(f"{file.name} has the hash {found}, not {known.sha256} as published. Get the file again.")


def _identity_in(place: Path) -> str | None:
    try:
        return network_in(place).identity
    except (NotCalibrated, OSError):
        return None
