"""A folder of persons becomes a calibration: thresholds at which every group keeps a false match rate."""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from vision.calibration.errors import tail_threshold, threshold_at, trials
from vision.calibration.persons import Person
from vision.decision import Calibration
from vision.engines.engine import Encoding

FRAMES = (1, 3, 5)
WEIGHT = 1.0
FMR = 1e-3
"""Ten times stricter than what is promised: few persons calibrate, many come."""
_USUAL = 95
"""Percent of persons; one spoilt card photo must not widen the gate of all."""
_ONE_VISIT = 80
"""Percent of pairs of photographs."""
_ENOUGH = 400
"""Impostor trials for a group to have a say."""


class TooFewPersons(Exception):
    """They cannot carry a threshold."""


def is_reported(person: Person) -> bool:
    """Half of all persons, by name: these are reported on, the others make statistics and thresholds."""
    return bool(hashlib.sha256(person.name.encode()).digest()[0] & 1)


def group_of(person: Person) -> str:
    """The folder's name up to the first underscore."""
    return person.name.partition("_")[0]


def grouped(persons: Sequence[Person]) -> dict[str, list[Person]]:
    groups: dict[str, list[Person]] = defaultdict(list)
    for person in persons:
        groups[group_of(person)].append(person)
    return dict(groups)


def calibrate(
    persons: Sequence[Person], engine: str, nearness: Callable[[Encoding], float], fmr: float = FMR
) -> Calibration:
    """The strictest threshold of all persons together and of each group large enough, counted and by its tail.

    `engine`: see `Calibration.engine`. `nearness`: as a decision counts it. Raises TooFewPersons.
    """
    thresholds: dict[int, float] = {}
    for frames in FRAMES:
        found = []
        for members in (list(persons), *grouped(persons).values()):
            impostor = trials(members, frames, nearness, WEIGHT).impostor
            if impostor.size >= _ENOUGH:
                found.append(min(threshold_at(impostor, fmr), tail_threshold(impostor, fmr)))
        if found:
            thresholds[frames] = min(found)
    if max(FRAMES) not in thresholds:
        raise TooFewPersons(f"{len(persons)} persons do not give {_ENOUGH} impostor trials of {max(FRAMES)} frames")
    return Calibration(engine, WEIGHT, thresholds, fmr)


def on_own_scale(
    calibration: Calibration, persons: Sequence[Person], nearness: Callable[[Encoding], float]
) -> Calibration:
    """The same for an engine whose distances mean something else than the delivered encoder's.

    The cap is the widest distance at which the score accepts anybody for these persons' own card photos, but for the
    most unusual: no photo gets a wider gate than those that were measured. So it refuses no holder the thresholds were
    made with, as a plain distance at some false match rate would.
    """
    references = [person.reference for person in persons if person.reference is not None]
    # scores are of encodings of length one, the cap is of encodings as they are
    gates = [
        (calibration.threshold(max(FRAMES)) + calibration.weight * nearness(one)) * float(np.linalg.norm(one))
        for one in references
    ]
    return replace(calibration, cap=float(np.percentile(gates, _USUAL)), swap=_swap(persons))


def _swap(persons: Sequence[Person]) -> float:
    """How far two frames of one visit lie apart at most, told from photographs, which are less alike.

    Of the delivered encoder 80 % of pairs of photographs are within 0.38, 95 % of pairs of frames within 0.42.
    """
    apart = [
        float(np.linalg.norm(one - other))
        for person in persons
        for one, other in itertools.combinations(person.live, 2)
    ]
    return float(np.percentile(apart, _ONE_VISIT))
