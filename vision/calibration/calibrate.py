"""A folder of persons becomes a calibration: thresholds at which every group keeps a false match rate."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence

from vision.calibration.errors import threshold_at, trials
from vision.calibration.persons import Person
from vision.decision import Calibration
from vision.engine import Encoding

FRAMES = (1, 3, 5)
WEIGHT = 1.0
FMR = 1e-3
"""Ten times stricter than what is promised: few persons calibrate, many come."""
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
    """The strictest threshold of all persons together and of each group large enough. Raises TooFewPersons."""
    thresholds: dict[int, float] = {}
    for frames in FRAMES:
        found = []
        for members in (list(persons), *grouped(persons).values()):
            impostor = trials(members, frames, nearness, WEIGHT).impostor
            if impostor.size >= _ENOUGH:
                found.append(threshold_at(impostor, fmr))
        if found:
            thresholds[frames] = min(found)
    if max(FRAMES) not in thresholds:
        raise TooFewPersons(f"{len(persons)} persons do not give {_ENOUGH} impostor trials of {max(FRAMES)} frames")
    return Calibration(engine, WEIGHT, thresholds, fmr)
