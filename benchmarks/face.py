"""Figures of the face engine on real persons.

    python -m benchmarks.face DIR --json face.json

DIR holds lfw/ and east_asian/, one folder per person; the first picture of each serves as the card's photo. Every
population is given twice: all its persons, and its `reported` half, which took no part in statistics and thresholds.
Nothing is written but the figures.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from config.settings import VisionSettings
from vision.calibration.calibrate import FRAMES, grouped, is_reported
from vision.calibration.errors import Trials, bootstrap_limits, threshold_at, trials
from vision.calibration.measure import passed_by
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import shipped_crowd
from vision.decision import shipped_judge
from vision.engines.engine import Encoding
from vision.engines.open import open_engine

FMRS = (1e-2, 1e-3, 1e-4)
FIXED = (0.35, 0.40, 0.45, 0.48, 0.50, 0.55, 0.60)
"""Plain distances, the last being the library's own default."""
CAP = VisionSettings().threshold
FEWEST_TRIALS = 100
"""Of impostors, for a rate to say anything."""
Row = dict[str, Any]


def plain(_: Encoding) -> float:
    return 0.0


def rows_of(population: str, persons: Sequence[Person]) -> list[Row]:
    """One row per score, K and FMR; thresholds are those of this very population.

    Of the score alone: the limits that a decision sets beside it belong to `shipped_row`.
    """
    rows = []
    for score, nearness, weight in (("plain", plain, 0.0), ("crowd", shipped_crowd().nearness, 1.0)):
        for frames in FRAMES:
            tried = trials(persons, frames, nearness, weight)
            if score == "plain":
                tried = replace(tried, scores=tried.distances)
            if not tried.genuine.size or not tried.impostor.size:
                continue
            for fmr in FMRS:
                threshold = threshold_at(tried.impostor, fmr)
                rows.append(row(population, score, frames, tried, persons, threshold, fmr))
    return rows


def row(
    population: str, score: str, frames: int, tried: Trials, persons: Sequence[Person], threshold: float, fmr: float
) -> Row:
    refused = tried.genuine > threshold
    low, high = bootstrap_limits(refused, tried.holders[tried.same])
    return {
        "population": population,
        "score": score,
        "k": frames,
        "fmr": fmr,
        "threshold": round(threshold, 4),
        "fnmr": round(float(refused.mean()), 4),
        "fnmr_low": round(low, 4),
        "fnmr_high": round(high, 4),
        "genuine_pairs": int(tried.genuine.size),
        "impostor_pairs": int(tried.impostor.size),
        "persons": len(persons),
        "extrapolated": bool(tried.impostor.size * fmr < 10),
    }


def fixed_rows(population: str, persons: Sequence[Person], frames: int) -> list[Row]:
    """The plain distance at thresholds that are the same for everybody."""
    tried = trials(persons, frames, plain, 0.0)
    if not tried.genuine.size or tried.impostor.size < FEWEST_TRIALS:
        return []
    return [decided(population, frames, tried, persons, tried.distances <= most, {"threshold": most}) for most in FIXED]


def shipped_row(population: str, persons: Sequence[Person], frames: int) -> Row | None:
    """FMR and FNMR at the thresholds the terminal is delivered with."""
    judge = shipped_judge()
    tried = trials(persons, frames, judge.crowd.counted, judge.calibration.weight)
    if not tried.genuine.size or tried.impostor.size < FEWEST_TRIALS:
        return None
    limits = {"threshold": judge.calibration.threshold(frames), "cap": CAP}
    return decided(population, frames, tried, persons, passed_by(judge, tried, frames, CAP), limits)


def decided(
    population: str, frames: int, tried: Trials, persons: Sequence[Person], passed: NDArray[np.bool_], limits: Row
) -> Row:
    refused = ~passed[tried.same]
    low, high = bootstrap_limits(refused, tried.holders[tried.same])
    return {
        "population": population,
        "k": frames,
        **limits,
        "fmr": round(float(passed[~tried.same].mean()), 5),
        "false_matches": int(passed[~tried.same].sum()),
        "fnmr": round(float(refused.mean()), 4),
        "fnmr_low": round(low, 4),
        "fnmr_high": round(high, 4),
        "genuine_pairs": int(tried.genuine.size),
        "impostor_pairs": int((~tried.same).sum()),
        "persons": len(persons),
    }


def populations(folder: Path, cache: Path) -> dict[str, list[Person]]:
    """lfw, east_asian and its groups; groups of fewer than five persons are one."""
    engine = open_engine(cache)
    found = {name: list(encoded_persons(folder / name, engine)) for name in ("lfw", "east_asian")}
    rest: list[Person] = []
    for name, members in sorted(grouped(found["east_asian"]).items()):
        if len(members) < 5:
            rest += members
        else:
            found[f"east_asian.{name}"] = members
    found["east_asian.small-groups"] = rest
    return found


def measure(folder: Path, cache: Path) -> dict[str, Any]:
    verification: list[Row] = []
    shipped: list[Row] = []
    fixed: list[Row] = []
    detection = {}
    for name, persons in populations(folder, cache).items():
        detection[name] = {
            "persons": len(persons),
            "card_photos_without_face": sum(one.reference is None for one in persons),
            "live_without_face": sum(one.unseen for one in persons),
            "live": sum(len(one.live) for one in persons),
        }
        for half, members in ((name, persons), (f"{name}/reported", [one for one in persons if is_reported(one)])):
            verification += rows_of(half, members)
            fixed += [one for frames in FRAMES for one in fixed_rows(half, members, frames)]
            shipped += [one for frames in FRAMES if (one := shipped_row(half, members, frames))]
    shipped.sort(key=lambda one: one["fmr"], reverse=True)
    return {"verification": verification, "shipped": shipped, "fixed": fixed, "detection": detection}


def print_figures(figures: dict[str, Any]) -> None:
    for one in figures["verification"]:
        print(
            f"{one['population']:34} {one['score']:5} K={one['k']} FMR {one['fmr']:.0e} at {one['threshold']:7.3f}: "
            f"FNMR {one['fnmr']:6.1%} [{one['fnmr_low']:.1%}, {one['fnmr_high']:.1%}] {one['genuine_pairs']} genuine, "
            f"{one['impostor_pairs']} impostor, {one['persons']} persons{' (extrapolated)' * one['extrapolated']}"
        )
    for title, rows in (
        ("Plain distance, the same threshold for everybody", figures["fixed"]),
        ("As delivered, worst first", figures["shipped"]),
    ):
        print(f"\n{title}:")
        print_decided(rows)


def print_decided(rows: list[Row]) -> None:
    for one in rows:
        print(
            f"{one['population']:34} K={one['k']} at {one['threshold']:7.3f}: "
            f"FMR {one['fmr']:7.3%} ({one['false_matches']} of {one['impostor_pairs']}), "
            f"FNMR {one['fnmr']:6.1%} [{one['fnmr_low']:.1%}, {one['fnmr_high']:.1%}] of {one['genuine_pairs']}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    given = parser.parse_args()
    figures = measure(given.folder, given.cache)
    print_figures(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
