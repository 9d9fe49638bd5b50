"""Another recognition network in the place of the delivered one: a dlib .dat, calibrated on persons of one's own.

No calibration, no use: a folder in the store is complete or it is not there.
"""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import Crowd, Population, load_populations, save_populations
from vision.decision import Calibration, Judge, load_calibration, save_calibration
from vision.models.build import built_network
from vision.models.weights import sha256_of

log = logging.getLogger(__name__)

_WEIGHTS, _CROWD, _CALIBRATION = "weights.dat", "crowd.npz", "calibration.json"


class NotCalibrated(Exception):
    """A model without a calibration that belongs to it."""


def add_model(file: Path, persons: Path, store: Path, cache: Path, *, sha256: str | None = None) -> Path:
    """The model's folder in `store`. `persons`: a folder per person; half of them make the crowd, half the thresholds.

    `sha256`: what its maker publishes, if known. Nothing of a person is kept but statistics of at least 20. Raises
    NotBuilt for a file that is not this network, NotCalibrated for another hash, ValueError or TooFewPersons where the
    persons do not suffice, OSError.
    """
    from vision.dnn_engine import DnnEngine

    found = sha256_of(file)
    if sha256 is not None and found != sha256.lower():
        raise NotCalibrated(f"{file.name} has the hash {found}, not {sha256.lower()}")
    engine = DnnEngine(built_network(file, cache))
    population, calibration = calibrated(list(encoded_persons(persons, engine)), found)
    place = store / found[:16]
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store) as name:
        made = Path(name) / "model"
        made.mkdir()
        shutil.copyfile(file, made / _WEIGHTS)
        save_populations(made / _CROWD, {"own": population})
        save_calibration(made / _CALIBRATION, calibration)
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)
    log.info("model %s added, thresholds %s", place.name, calibration.thresholds)
    return place


def calibrated(persons: Sequence[Person], engine: str) -> tuple[Population, Calibration]:
    """Statistics of one half, thresholds from the other. Raises ValueError, TooFewPersons."""
    pictures = [
        [*person.live, *([] if person.reference is None else [person.reference])]
        for person in persons
        if is_reported(person)
    ]
    population = Population.of(np.array([np.mean(one, axis=0) for one in pictures if one]).reshape(-1, 128))
    others = [person for person in persons if not is_reported(person)]
    return population, calibrate(others, engine, Crowd({"own": population}).nearness)


def judge_in(model: Path) -> Judge:
    """The calibration in a model's folder, if it is that of the weights beside it. Raises NotCalibrated."""
    try:
        calibration = load_calibration(model / _CALIBRATION)
        if calibration.engine != sha256_of(model / _WEIGHTS):
            raise NotCalibrated(f"{model}: the calibration is of other weights")
        return Judge(calibration, Crowd(load_populations(model / _CROWD)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotCalibrated(f"{model}: {type(error).__name__}") from error


def weights_in(model: Path) -> Path:
    return model / _WEIGHTS
