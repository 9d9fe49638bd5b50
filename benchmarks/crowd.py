"""Makes the statistics and the thresholds that are shipped: python -m benchmarks.crowd DIR

DIR holds lfw/, east_asian/ and east_asian_single/, one folder per person. Only statistics of populations and
thresholds are written, never an encoding. Of persons with several pictures only the half takes part that is not
reported on.
"""

import argparse
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import SHIPPED as CROWD
from vision.crowd import Crowd, Population, load_populations, save_populations
from vision.decision import SHIPPED as CALIBRATION
from vision.decision import save_calibration
from vision.engines import open_engine
from vision.models.weights import ENCODER, sha256_of, weights


def mean_of(person: Person) -> np.ndarray | None:
    pictures = [*person.live, *([] if person.reference is None else [person.reference])]
    return np.mean(pictures, axis=0) if pictures else None


def population(persons: list[Person]) -> Population:
    return Population.of(np.array([mean for person in persons if (mean := mean_of(person)) is not None]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    given = parser.parse_args()
    engine = open_engine(given.cache)
    stars = list(encoded_persons(given.folder / "east_asian_single", engine))
    west = [one for one in encoded_persons(given.folder / "lfw", engine) if not is_reported(one)]
    CROWD.parent.mkdir(exist_ok=True)
    save_populations(CROWD, {"east-asian": population(stars), "lfw": population(west)})
    east = [one for one in encoded_persons(given.folder / "east_asian", engine) if not is_reported(one)]
    calibration = calibrate(east, sha256_of(weights(ENCODER)), Crowd(load_populations(CROWD)).nearness)
    save_calibration(CALIBRATION, calibration)
    print(f"{len(stars)} + {len(west)} persons in the crowd, thresholds from {len(east)}: {calibration.thresholds}")


if __name__ == "__main__":
    main()
