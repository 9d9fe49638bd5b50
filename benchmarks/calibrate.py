"""Create the calibrations shipped with uketsuke: python -m benchmarks.calibrate DIR

DIR contains one folder per person, named group_name. Half of the persons set the thresholds; figures are reported on
the other half. Without DIR, only the calibrations for drawn persons are created. Only thresholds are written, to
`vision/data/calibration`.
"""

import argparse
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.drawn import calibrate_drawn, drawn_persons
from vision.calibration.persons import encoded_persons
from vision.decision import save_calibration
from vision.engines.open import DATA, identity, open_uncalibrated, user_cache

NETWORKS = ("sface", "dlib")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--cache", type=Path, default=user_cache())
    given = parser.parse_args()
    for name in NETWORKS:
        engine = open_uncalibrated(given.cache, name)
        drawn = calibrate_drawn(list(drawn_persons(engine)), identity(name))
        save_calibration(DATA / f"{name}-drawn.json", drawn)
        print(f"{name}, drawn persons: {drawn.thresholds}, another person from {drawn.other_person:.3f}")
        if given.folder is None:
            continue
        persons = [one for one in encoded_persons(given.folder, engine) if not is_reported(one)]
        made = calibrate(persons, identity(name))
        save_calibration(DATA / f"{name}.json", made)
        print(
            f"{name}, {len(persons)} persons: {made.thresholds} for FMR {made.fmr:g}, upper 95 % limit in the worst "
            f"group {made.fmr_upper:.2%}; another person from {made.other_person:.3f}"
        )


if __name__ == "__main__":
    main()
