"""Create the calibrations included in uketsuke: python -m benchmarks.calibrate DIR

DIR contains a folder per person, named group_name. Half of the people determine the thresholds. Without DIR, only the
calibrations for synthetic people are created. Only thresholds are written, to `vision/data/calibration`.
"""

import argparse
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_held_out
from vision.calibration.people import encoded_people
from vision.calibration.synthetic import calibrate_synthetic, encode_synthetic_people
from vision.decision import save_calibration
from vision.engines.open import DATA, identity, open_uncalibrated, user_cache

NETWORKS = ("sface", "dlib")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--cache", type=Path, default=user_cache())
    args = parser.parse_args()
    for name in NETWORKS:
        engine = open_uncalibrated(args.cache, name)
        drawn = calibrate_synthetic(list(encode_synthetic_people(engine)), identity(name))
        save_calibration(DATA / f"{name}-synthetic.json", drawn)
        print(f"{name}, synthetic people: {drawn.thresholds}, a different person at {drawn.other_person:.3f} and above")
        if args.folder is None:
            continue
        people = [person for person in encoded_people(args.folder, engine) if not is_held_out(person)]
        calibration = calibrate(people, identity(name))
        save_calibration(DATA / f"{name}.json", calibration)
        print(
            f"{name}, {len(people)} people: {calibration.thresholds} for FMR {calibration.fmr:g}, upper 95 % limit "
            f"in the worst group {calibration.fmr_upper:.2%}; "
            f"a different person at {calibration.other_person:.3f} and above"
        )


if __name__ == "__main__":
    main()
