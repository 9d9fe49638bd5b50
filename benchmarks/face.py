"""Measure the face engines on real people.

    python -m benchmarks.face DIR --json face.json [--engine NAME]

DIR is a population with one folder per person, or contains populations such as lfw/ and east_asian/. The first picture
of each person is used as the card's photo. Figures are also given for the groups in a population (`group_name`), with
groups of fewer than five people merged, and for the half not used to set the thresholds (`NAME/reported`). Only
statistics are written.
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

from vision.calibration.calibrate import FRAMES, JUDGED, grouped, is_reported
from vision.calibration.errors import Trials, limits, tail_threshold, threshold_at, trials
from vision.calibration.people import PICTURES, EncodedPerson, encoded_people
from vision.decision import Calibration
from vision.engines.open import BUILT, DEFAULT, calibration_of, open_engine

FMRS = (1e-2, 1e-3, 1e-4)
MIN_TRIALS = 100
"""Minimum number of impostor comparisons for a rate."""
NOT_FACES = {"print", "moving", "clips", "east_asian_single"}
"""Folders that are not populations."""
Row = dict[str, Any]


def populations(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and folder of each population: `folder` itself or its subfolders, including `prints/real`."""
    if is_population(folder):
        yield folder.name, folder
        return
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in NOT_FACES):
        if is_population(place):
            yield place.name, place
        elif is_population(place / "real"):
            yield "webcam", place / "real"


def is_population(folder: Path) -> bool:
    """Return whether the folders in `folder` contain pictures."""
    if not folder.is_dir():
        return False
    return any(
        one.suffix.lower() in PICTURES for place in folder.iterdir() if place.is_dir() for one in place.iterdir()
    )


def parts(name: str, people: Sequence[EncodedPerson]) -> Iterator[tuple[str, Sequence[EncodedPerson]]]:
    """Yield the population, its groups, and the reported half of each."""
    found: list[tuple[str, Sequence[EncodedPerson]]] = [(name, people)]
    rest: list[EncodedPerson] = []
    groups = sorted(grouped(people).items())
    # names such as First_Last are not groups
    if 2 * sum(len(members) for _, members in groups if len(members) >= 5) > len(people) > len(groups[0][1]):
        for group, members in groups:
            if len(members) < 5:
                rest += members
            else:
                found.append((f"{name}.{group}", members))
        found.append((f"{name}.small-groups", rest))
    for part, selected in found:
        yield part, selected
        yield f"{part}/reported", [one for one in selected if is_reported(one)]


def own_rows(population: str, people: Sequence[EncodedPerson]) -> Iterator[Row]:
    """Yield one row per K and FMR, at thresholds set on the same population.

    If fewer than ten false matches are expected, the threshold is extrapolated from a fitted tail; `counted` then
    holds the figures at the empirical threshold.
    """
    for frames in FRAMES:
        tried = trials(people, frames)
        if not tried.genuine.size or not tried.impostor.size:
            continue
        for fmr in FMRS:
            few = bool(tried.impostor.size * fmr < 10)
            counted = threshold_at(tried.impostor, fmr)
            threshold = tail_threshold(tried.impostor, fmr) if few else counted
            row = rates_row(population, frames, tried, people, tried.distances <= threshold)
            row |= {"fmr": fmr, "threshold": round(threshold, 4), "extrapolated": few}
            if few and tried.impostor.size * fmr >= 1:
                row["counted"] = rates_row(population, frames, tried, people, tried.distances <= counted)
            yield row


def shipped_row(population: str, people: Sequence[EncodedPerson], frames: int, calibration: Calibration) -> Row | None:
    """Return FMR and FNMR at the thresholds of the shipped calibration, or None if there are too few trials."""
    tried = trials(people, frames)
    if not tried.genuine.size or tried.impostor.size < MIN_TRIALS:
        return None
    threshold = calibration.threshold(frames)
    row = rates_row(population, frames, tried, people, tried.distances <= threshold)
    return row | {"threshold": threshold, "judged": len(people) >= JUDGED}


def rates_row(
    population: str, frames: int, tried: Trials, people: Sequence[EncodedPerson], passed: NDArray[np.bool_]
) -> Row:
    refused, strangers = ~passed[tried.same], passed[~tried.same]
    low, high = limits(refused, tried.holders[tried.same])
    return {
        "population": population,
        "k": frames,
        "fmr": round(float(strangers.mean()), 6),
        "fmr_high": round(limits(strangers, tried.holders[~tried.same])[1], 6),
        "false_matches": int(strangers.sum()),
        "fnmr": round(float(refused.mean()), 4),
        "fnmr_low": round(low, 4),
        "fnmr_high": round(high, 4),
        "genuine_pairs": int(tried.genuine.size),
        "impostor_pairs": int(tried.impostor.size),
        "people": len(people),
    }


def measure(folder: Path, cache: Path, name: str) -> dict[str, Any]:
    engine, calibration = open_engine(cache, name), calibration_of(name)
    verification: list[Row] = []
    delivered: list[Row] = []
    detection: dict[str, Row] = {}
    for population, place in populations(folder):
        began = time.process_time()
        people = list(encoded_people(place, engine))
        detection[population] = {
            "people": len(people),
            "card_photos_without_face": sum(one.reference is None for one in people),
            "live_without_face": sum(one.unseen for one in people),
            "live": sum(len(one.live) for one in people),
            "cpu_seconds": round(time.process_time() - began, 1),
        }
        for part, members in parts(population, people):
            verification += own_rows(part, members)
            delivered += [one for frames in FRAMES if (one := shipped_row(part, members, frames, calibration))]
    delivered.sort(key=lambda one: (one["fmr"], one["fnmr"]), reverse=True)
    return {"verification": verification, "delivered": delivered, "detection": detection}


def print_figures(name: str, figures: dict[str, Any]) -> None:
    print(f"\n=== {name} ===\nAt thresholds set on the same population:")
    print_rows(figures["verification"])
    print("\nAt the shipped thresholds, worst first (fewer than 30 people: listed but not judged):")
    print_rows(figures["delivered"])


def print_rows(rows: list[Row]) -> None:
    for one in rows:
        print(
            f"{one['population']:34} K={one['k']} at {one['threshold']:6.3f}: FMR {one['fmr']:8.4%} "
            f"({one['false_matches']} of {one['impostor_pairs']}), FNMR {one['fnmr']:6.1%} "
            f"[{one['fnmr_low']:.1%}, {one['fnmr_high']:.1%}] of {one['genuine_pairs']}, {one['people']} people"
            f"{' (extrapolated)' * one.get('extrapolated', False)}"
        )
        if "counted" in one:
            text = "{false_matches} of {impostor_pairs}, FNMR {fnmr:.1%} [{fnmr_low:.1%}, {fnmr_high:.1%}]"
            print(f"{'':34} counted: {text.format(**one['counted'])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--engine", choices=BUILT, help="default: all")
    given = parser.parse_args()
    engines = {}
    for name in [given.engine] if given.engine else BUILT:
        engines[name] = measure(given.folder, given.cache, name)
        print_figures(name, engines[name])
    shipped = engines.get(DEFAULT, {}).get("delivered", [])
    if given.json:
        figures = {"shipped": shipped, "engines": engines}
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
