"""FMR and FNMR of encoded persons at the thresholds of a calibration: what an engine does as it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.calibration.calibrate import FRAMES, grouped
from vision.calibration.errors import Trials, bootstrap_limits, trials
from vision.calibration.persons import Person
from vision.decision import Judge

ALL, SMALL = "all", "small groups"
_SMALL = 5
"""Persons below which a group is counted with the other small ones, and nothing is said of limits."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One group and number of frames; shares with 95 % limits by bootstrap over persons, 0 to 1 for very few."""

    group: str
    persons: int
    frames: int
    impostor: int
    """Trials of strangers, of which `false_matches` were let pass."""
    false_matches: int
    fmr: float
    fmr_limits: tuple[float, float]
    genuine: int
    fnmr: float
    fnmr_limits: tuple[float, float]


def figure(group: str, persons: Sequence[Person], frames: int, judge: Judge, largest: float) -> Figure | None:
    """`largest`: distance, where the calibration has no cap of its own. None without genuine or impostor trials."""
    tried = trials(persons, frames, judge.crowd.counted, judge.calibration.weight)
    if not tried.genuine.size or not tried.impostor.size:
        return None
    passed = passed_by(judge, tried, frames, largest)
    strangers, refused = passed[~tried.same], ~passed[tried.same]
    return Figure(
        group=group,
        persons=len(persons),
        frames=frames,
        impostor=int(strangers.size),
        false_matches=int(strangers.sum()),
        fmr=float(strangers.mean()),
        fmr_limits=_limits(strangers, tried.holders[~tried.same]),
        genuine=int(refused.size),
        fnmr=float(refused.mean()),
        fnmr_limits=_limits(refused, tried.holders[tried.same]),
    )


def passed_by(judge: Judge, tried: Trials, frames: int, largest: float) -> NDArray[np.bool_]:
    """What `Judge.matches` says of each."""
    return (tried.scores <= judge.calibration.threshold(frames)) & (tried.distances <= judge.cap(largest))


def _limits(wrong: NDArray[np.bool_], holders: NDArray[np.int_]) -> tuple[float, float]:
    """Where all trials went the same way, which says nothing to a bootstrap, the rule of three."""
    if len(np.unique(holders)) < _SMALL:
        return 0.0, 1.0
    low, high = bootstrap_limits(wrong, holders)
    rest = min(3 / wrong.size, 1.0)
    return (min(low, 1 - rest), max(high, rest))


def figures(persons: Sequence[Person], judge: Judge, largest: float) -> list[Figure]:
    """Of all persons and of each group, for each number of frames; the worst first: most strangers, then refusals."""
    found = [
        one
        for group, members in _groups(persons)
        for frames in FRAMES
        if frames >= min(judge.calibration.thresholds) and (one := figure(group, members, frames, judge, largest))
    ]
    return sorted(found, key=lambda one: (one.fmr, one.fnmr), reverse=True)


def _groups(persons: Sequence[Person]) -> Iterator[tuple[str, Sequence[Person]]]:
    yield ALL, persons
    rest: list[Person] = []
    groups = sorted(grouped(persons).items())
    for group, members in groups:
        if len(members) < _SMALL:
            rest += members
        elif len(groups) > 1:
            yield group, members
    if rest and len(rest) < len(persons):
        yield SMALL, rest
