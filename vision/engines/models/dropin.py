"""Another recognition network in the place of the delivered one, calibrated on persons of one's own.

No calibration, no use: a folder in the store is complete or it is not there.
"""

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vision.calibration.calibrate import TooFewPersons, calibrate, is_reported, on_own_scale
from vision.calibration.measure import Figure, figures
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import SMALLEST_POPULATION, Crowd, Population, load_populations, save_populations
from vision.decision import Calibration, Judge, NotCalibrated, load_calibration, save_calibration
from vision.engines.models.known import model_named
from vision.engines.models.network import Kind, Network, network_of
from vision.engines.models.resnet import SIZE
from vision.engines.models.weights import sha256_of

log = logging.getLogger(__name__)

WEIGHTS, DETECTOR, CROWD, CALIBRATION = "weights", "detector", "crowd.npz", "calibration.json"
"""Names in a model's folder; the first two with the ending of their kind."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
ADD_AGAIN = "Add it again: `uketsuke face add`."

Told = Callable[[int, int], None]
"""Hears of progress: persons encoded, and all."""


@dataclass(frozen=True, slots=True)
class Added:
    folder: Path
    calibration: Calibration
    figures: list[Figure]
    """Of the persons that set the thresholds: FMR is what was aimed at, FNMR a little too good."""


def add_model(
    file: Path,
    persons: Path,
    store: Path,
    cache: Path,
    *,
    detector: Path | None = None,
    sha256: str | None = None,
    name: str | None = None,
    told: Told | None = None,
) -> Added:
    """Into `store`, below `name` or else the file's own. `persons`: a folder per person; half of them make the crowd,
    half the thresholds. A model of that name with the same weights is replaced.

    `sha256`: what its maker publishes, if known. Nothing of a person is kept but statistics of at least 20. Raises
    NotBuilt for a file that is not such a network, NotCalibrated for another hash or a name that is taken,
    TooFewPersons where the persons do not suffice, OSError.
    """
    name = name or file.stem
    if not _NAME.fullmatch(name):
        raise NotCalibrated(f"{name!r} is no name for a model: letters, digits, dots, - and _. Give it another name.")
    network = network_of(file, detector)
    check_hash(file, sha256)
    if detector is not None:
        check_hash(detector, None)
    place = store / name
    if place.exists() and _hash_in(place) != network.hash:
        raise NotCalibrated(f"{place} holds another model. Give this one another name, or remove that folder.")
    engine = network.open(cache)
    encoded = list(counted(encoded_persons(persons, engine), persons, told))
    population, calibration = calibrated(encoded, network.hash)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        made = Path(work) / "made"
        made.mkdir()
        for source, role in ((file, WEIGHTS), (detector, DETECTOR)):
            if source is not None:
                shutil.copyfile(source, made / f"{role}{Kind.SFACE if detector else Kind.DLIB}")
        save_populations(made / CROWD, {"own": population})
        calibration = replace(calibration, crowd=sha256_of(made / CROWD))
        save_calibration(made / CALIBRATION, calibration)
        judge = judge_in(made)
        if place.exists():
            place.rename(Path(work) / "before")
        made.rename(place)
    log.info("model %s added, thresholds %s", place.name, calibration.thresholds)
    return Added(place, calibration, figures([one for one in encoded if not is_reported(one)], judge, 0.0))


def check_hash(file: Path, sha256: str | None) -> None:
    """Against `sha256`, and against what is known of a file of that name. Raises NotCalibrated, OSError."""
    found = sha256_of(file)
    known = model_named(file.stem)
    for wanted, whose in ((sha256, "as given"), (known.sha256 if known else None, "as published")):
        if wanted is not None and found != wanted.lower():
            raise NotCalibrated(f"{file.name} has the hash {found}, not {wanted.lower()} {whose}. Get the file anew.")


def counted(persons: Iterator[Person], folder: Path, told: Told | None) -> Iterator[Person]:
    count = sum(path.is_dir() for path in folder.iterdir()) if told else 0
    for number, person in enumerate(persons, 1):
        if told:
            told(number, count)
        yield person


def calibrated(persons: Sequence[Person], engine: str) -> tuple[Population, Calibration]:
    """Statistics of one half, thresholds from the other. Raises TooFewPersons."""
    pictures = [
        [*person.live, *([] if person.reference is None else [person.reference])]
        for person in persons
        if is_reported(person)
    ]
    means = np.array([np.mean(one, axis=0) for one in pictures if one]).reshape(-1, SIZE)
    if len(means) < SMALLEST_POPULATION:
        raise TooFewPersons(
            f"{len(means)} of {len(persons)} persons show a face and fall into the half that makes the statistics of "
            f"the crowd; {SMALLEST_POPULATION} are needed there"
        )
    population = Population.of(means)
    others = [person for person in persons if not is_reported(person)]
    nearness = Crowd({"own": population}).counted
    return population, on_own_scale(calibrate(others, engine, nearness), others, nearness)


def crowd_in(model: Path) -> Crowd:
    """Raises NotCalibrated."""
    try:
        return Crowd(load_populations(model / CROWD))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise NotCalibrated(f"{model / CROWD} cannot be used ({type(error).__name__}). {ADD_AGAIN}") from error


def judge_in(model: Path) -> Judge:
    """The calibration in a model's folder, if it is of the weights and the crowd beside it. Raises NotCalibrated."""
    try:
        engine = network_in(model).hash
    except OSError as error:
        raise NotCalibrated(f"{model} cannot be read ({error.strerror}). {ADD_AGAIN}") from error
    calibration = fitting_calibration(model / CALIBRATION, engine, model / CROWD, ADD_AGAIN)
    if calibration.cap is None or calibration.swap is None:
        raise NotCalibrated(f"{model / CALIBRATION} lacks the largest distances of this network. {ADD_AGAIN}")
    return Judge(calibration, crowd_in(model))


def fitting_calibration(path: Path, engine: str, crowd: Path, remedy: str) -> Calibration:
    """Of that engine's hash and that crowd's file. Raises NotCalibrated."""
    try:
        calibration = load_calibration(path)
        of_crowd = sha256_of(crowd)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotCalibrated(f"{path} cannot be used ({type(error).__name__}). {remedy}") from error
    if calibration.engine != engine:
        raise NotCalibrated(f"{path} is the calibration of other weights. {remedy}")
    if calibration.crowd != of_crowd:
        raise NotCalibrated(f"{path} was made with other statistics of the crowd. {remedy}")
    return calibration


def added_in(store: Path) -> list[str]:
    """Names, sorted, whether they can be used or not."""
    if not store.is_dir():
        return []
    return sorted(path.name for path in store.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def network_in(model: Path) -> Network:
    """Raises NotCalibrated where the folder holds none."""
    for kind in Kind:
        weights, detector = model / f"{WEIGHTS}{kind}", model / f"{DETECTOR}{kind}"
        if weights.is_file() and (kind is Kind.DLIB or detector.is_file()):
            return Network(weights, detector if kind is Kind.SFACE else None)
    raise NotCalibrated(f"there is no whole model in {model}. Add one: `uketsuke face add`.")


def _hash_in(place: Path) -> str | None:
    try:
        return network_in(place).hash
    except (NotCalibrated, OSError):
        return None
