"""Makes the statistics and the thresholds that are shipped: python -m benchmarks.crowd DIR

DIR holds lfw/, east_asian/ and east_asian_single/, one folder per person. Only statistics of populations and
thresholds are written, never an encoding. Of persons with several pictures only the half takes part that is not
reported on.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import SHIPPED as CROWD
from vision.crowd import Crowd, Population, load_populations, save_populations
from vision.decision import SHIPPED as CALIBRATION
from vision.decision import save_calibration
from vision.engines.models.weights import ENCODER, sha256_of, weights
from vision.engines.open import open_engine

WEIGHTS = {"east-asian": 1.2, "lfw": 0.5}
"""Measured on persons in neither statistics nor figures; see docs/accuracy.md."""


def weighed(persons: dict[str, list[Person]]) -> dict[str, Population]:
    """Populations of card photos, one of each person."""
    return {
        name: replace(
            Population.of(np.array([one.reference for one in members if one.reference is not None])),
            weight=WEIGHTS[name],
        )
        for name, members in persons.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    given = parser.parse_args()
    engine = open_engine(given.cache)
    stars = list(encoded_persons(given.folder / "east_asian_single", engine))
    west = [one for one in encoded_persons(given.folder / "lfw", engine) if not is_reported(one)]
    CROWD.parent.mkdir(exist_ok=True)
    save_populations(CROWD, weighed({"east-asian": stars, "lfw": west}))
    east = [one for one in encoded_persons(given.folder / "east_asian", engine) if not is_reported(one)]
    calibration = calibrate(east, sha256_of(weights(ENCODER)), Crowd(load_populations(CROWD)).counted)
    save_calibration(CALIBRATION, calibration)
    print(f"{len(stars)} + {len(west)} persons in the crowd, thresholds from {len(east)}: {calibration.thresholds}")


if __name__ == "__main__":
    main()
