"""Create the calibrations that ship with uketsuke: python -m benchmarks.calibrate DIR

DIR contains a folder per person, named group_name. Half of the people determine the thresholds. Without DIR, only the
calibrations for synthetic people are created. Only the thresholds are saved, in `vision/data/calibration`.
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
        synthetic = calibrate_synthetic(list(encode_synthetic_people(engine)), identity(name))
        save_calibration(DATA / f"{name}-synthetic.json", synthetic)
        print(
            f"{name}, synthetic people: {synthetic.thresholds}, "
            f"a different person at {synthetic.other_person:.3f} and above"
        )
        if args.folder is None:
            continue
        people = [person for person in encoded_people(args.folder, engine) if not is_held_out(person)]
        calibration = calibrate(people, identity(name))
        save_calibration(DATA / f"{name}.json", calibration)
        print(
            f"{name}, {len(people)} people: {calibration.thresholds} for FMR {calibration.fmr:g}, "
            f"upper 95% confidence limit in the worst group {calibration.fmr_upper:.2%}; "
            f"a different person at {calibration.other_person:.3f} and above"
        )


if __name__ == "__main__":
    main()
