"""Measure error rates of the face engines with photographs of real people.

    python -m benchmarks.face DIR --json face.json [--engine NAME]

DIR is a population with a folder per person, or contains populations such as lfw/ and east_asian/. The first image of
each person is used as the card photo. Figures are also given for each group of a population (people named `group_name`;
groups of fewer than five people are merged) and for the half of the people that did not determine the thresholds
(`NAME/reported`). Only statistics are saved.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from vision.calibration.calibrate import FRAMES, MIN_GROUP_SIZE, by_group_name, is_held_out
from vision.calibration.errors import Trials, limits, tail_threshold, threshold_at, trials
from vision.calibration.people import IMAGE_SUFFIXES, EncodedPerson, encoded_people
from vision.decision import Calibration
from vision.engines.open import BUILT_IN_ENGINES, DEFAULT, calibration_for, open_engine

FMRS = (1e-2, 1e-3, 1e-4)
MIN_TRIALS = 100
"""Minimum number of impostor comparisons for a rate."""
NOT_POPULATIONS = {"print", "moving", "clips", "east_asian_single"}
"""Names of folders to skip."""
Row = dict[str, Any]


def populations(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and folder of each population: `folder` itself or its subfolders, including `prints/real`."""
    if is_population(folder):
        yield folder.name, folder
        return
    for path in sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in NOT_POPULATIONS):
        if is_population(path):
            yield path.name, path
        elif is_population(path / "real"):
            yield "webcam", path / "real"


def is_population(folder: Path) -> bool:
    """Return whether the subfolders of `folder` contain images."""
    if not folder.is_dir():
        return False
    return any(
        file.suffix.lower() in IMAGE_SUFFIXES
        for person in folder.iterdir()
        if person.is_dir()
        for file in person.iterdir()
    )


def parts(name: str, people: Sequence[EncodedPerson]) -> Iterator[tuple[str, Sequence[EncodedPerson]]]:
    """Yield the population and its groups, each also limited to the reported people."""
    selections: list[tuple[str, Sequence[EncodedPerson]]] = [(name, people)]
    small: list[EncodedPerson] = []
    groups = sorted(by_group_name(people).items())
    # names such as First_Last are not groups
    if 2 * sum(len(members) for _, members in groups if len(members) >= 5) > len(people) > len(groups[0][1]):
        for group, members in groups:
            if len(members) < 5:
                small += members
            else:
                selections.append((f"{name}.{group}", members))
        selections.append((f"{name}.small-groups", small))
    for part, selection in selections:
        yield part, selection
        yield f"{part}/reported", [person for person in selection if is_held_out(person)]


def same_population_rows(population: str, people: Sequence[EncodedPerson]) -> Iterator[Row]:
    """Yield a row per K and FMR, at thresholds determined on the same population.

    If fewer than ten false matches are expected, the threshold is extrapolated from a fitted tail, and `counted`
    contains the figures at the empirical threshold.
    """
    for frames in FRAMES:
        all_trials = trials(people, frames)
        if not all_trials.genuine.size or not all_trials.impostor.size:
            continue
        for fmr in FMRS:
            few = bool(all_trials.impostor.size * fmr < 10)
            counted = threshold_at(all_trials.impostor, fmr)
            threshold = tail_threshold(all_trials.impostor, fmr) if few else counted
            row = rates_row(population, frames, all_trials, people, all_trials.distances <= threshold)
            row |= {"fmr": fmr, "threshold": round(threshold, 4), "extrapolated": few}
            if few and all_trials.impostor.size * fmr >= 1:
                row["counted"] = rates_row(population, frames, all_trials, people, all_trials.distances <= counted)
            yield row


def shipped_row(population: str, people: Sequence[EncodedPerson], frames: int, calibration: Calibration) -> Row | None:
    """Return FMR and FNMR at the shipped threshold, or None if there are too few trials."""
    all_trials = trials(people, frames)
    if not all_trials.genuine.size or all_trials.impostor.size < MIN_TRIALS:
        return None
    threshold = calibration.threshold(frames)
    row = rates_row(population, frames, all_trials, people, all_trials.distances <= threshold)
    return row | {"threshold": threshold, "judged": len(people) >= MIN_GROUP_SIZE}


def rates_row(
    population: str, frames: int, all_trials: Trials, people: Sequence[EncodedPerson], passed: NDArray[np.bool_]
) -> Row:
    refused, strangers = ~passed[all_trials.same_person], passed[~all_trials.same_person]
    low, high = limits(refused, all_trials.holders[all_trials.same_person])
    return {
        "population": population,
        "k": frames,
        "fmr": round(float(strangers.mean()), 6),
        "fmr_high": round(limits(strangers, all_trials.holders[~all_trials.same_person])[1], 6),
        "false_matches": int(strangers.sum()),
        "fnmr": round(float(refused.mean()), 4),
        "fnmr_low": round(low, 4),
        "fnmr_high": round(high, 4),
        "genuine_pairs": int(all_trials.genuine.size),
        "impostor_pairs": int(all_trials.impostor.size),
        "people": len(people),
    }


def measure(folder: Path, cache: Path, name: str) -> dict[str, Any]:
    engine, calibration = open_engine(cache, name), calibration_for(name)
    verification: list[Row] = []
    delivered: list[Row] = []
    detection: dict[str, Row] = {}
    for population, path in populations(folder):
        began = time.process_time()
        people = list(encoded_people(path, engine))
        detection[population] = {
            "people": len(people),
            "card_photos_without_face": sum(person.reference is None for person in people),
            "live_without_face": sum(person.undetected for person in people),
            "live": sum(len(person.live) for person in people),
            "cpu_seconds": round(time.process_time() - began, 1),
        }
        for part, members in parts(population, people):
            verification += same_population_rows(part, members)
            delivered += [row for frames in FRAMES if (row := shipped_row(part, members, frames, calibration))]
    delivered.sort(key=lambda row: (row["fmr"], row["fnmr"]), reverse=True)
    return {"verification": verification, "delivered": delivered, "detection": detection}


def print_figures(name: str, figures: dict[str, Any]) -> None:
    print(f"\n=== {name} ===\nAt thresholds determined on the same population:")
    print_rows(figures["verification"])
    print("\nAt the shipped thresholds, worst first (groups of fewer than 30 people do not affect thresholds):")
    print_rows(figures["delivered"])


def print_rows(rows: list[Row]) -> None:
    for row in rows:
        print(
            f"{row['population']:34} K={row['k']} at {row['threshold']:6.3f}: FMR {row['fmr']:8.4%} "
            f"({row['false_matches']} of {row['impostor_pairs']}), FNMR {row['fnmr']:6.1%} "
            f"[{row['fnmr_low']:.1%}, {row['fnmr_high']:.1%}] of {row['genuine_pairs']}, {row['people']} people"
            f"{' (extrapolated)' * row.get('extrapolated', False)}"
        )
        if "counted" in row:
            text = "{false_matches} of {impostor_pairs}, FNMR {fnmr:.1%} [{fnmr_low:.1%}, {fnmr_high:.1%}]"
            print(f"{'':34} counted: {text.format(**row['counted'])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--engine", choices=BUILT_IN_ENGINES, help="default: all")
    options = parser.parse_args()
    engines = {}
    for name in [options.engine] if options.engine else BUILT_IN_ENGINES:
        engines[name] = measure(options.folder, options.cache, name)
        print_figures(name, engines[name])
    shipped = engines.get(DEFAULT, {}).get("delivered", [])
    if options.json:
        figures = {"shipped": shipped, "engines": engines}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
