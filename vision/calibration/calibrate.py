"""Calibrating with a folder of people: thresholds at which the worst group has the target false match rate."""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from vision.calibration.errors import Trials, limits, tail_threshold, threshold_at, trials
from vision.calibration.people import EncodedPerson
from vision.decision import Calibration
from vision.face import distance

FRAMES = (1, 3, 5)
FMR = 1e-3
JUDGED = 30
"""Minimum people for a group to be judged. Rates of smaller groups are only listed."""
_ENOUGH = 400
"""Minimum impostor trials for a threshold."""
_DRAWS, _CAUTION, _SEED = 100, 15, 1
"""Number of draws of people with replacement, and the percentile of their thresholds to use."""
_ONE_VISIT = 80
"""Percentile of distances between photographs: frames of one visit are more similar than almost all photographs."""


class TooFewPeople(Exception):
    """There are too few people for a threshold."""


def is_reported(person: EncodedPerson) -> bool:
    """Return whether figures are measured with this person. The thresholds are from the other half, split by name."""
    return bool(hashlib.sha256(person.name.encode()).digest()[0] & 1)


def group_of(person: EncodedPerson) -> str:
    """Return the group of a person: the folder name up to the first underscore."""
    return person.name.partition("_")[0]


def grouped(people: Sequence[EncodedPerson]) -> dict[str, list[EncodedPerson]]:
    groups: dict[str, list[EncodedPerson]] = defaultdict(list)
    for person in people:
        groups[group_of(person)].append(person)
    return dict(groups)


def calibrate(people: Sequence[EncodedPerson], engine: str, fmr: float = FMR) -> Calibration:
    """Return the strictest threshold required by any judged group, for each number of frames.

    Judged are all people together, all pairs within groups, and each group with at least `JUDGED` people. Thresholds
    are determined both by counting and from the tail, so that they hold in 85 of 100 draws of the people. `engine`:
    see `Calibration.engine`. Raises TooFewPeople.
    """
    thresholds: dict[int, float] = {}
    upper = 1.0
    for frames in FRAMES:
        judged = [one for one in _judged(people, frames) if one.impostor.size >= _ENOUGH]
        if judged:
            found = [_cautious(one, fmr) for one in judged]
            thresholds[frames] = round(min(found), 4)
            worst = judged[int(np.argmin(found))]
            upper = limits(worst.impostor <= thresholds[frames], worst.holders[~worst.same])[1]
    if max(FRAMES) not in thresholds:
        raise TooFewPeople(f"{len(people)} people are too few for {_ENOUGH} impostor trials with {max(FRAMES)} frames")
    return Calibration(engine, thresholds, fmr, upper, _other_person(people))


def _cautious(tried: Trials, fmr: float) -> float:
    """Return a threshold that holds for most draws of the people, because other people may look more similar."""
    everybody = int(max(tried.owners.max(), tried.holders.max())) + 1
    chance = np.random.default_rng(_SEED)
    found = []
    for _ in range(_DRAWS):
        drawn = np.bincount(chance.integers(0, everybody, everybody), minlength=everybody) > 0
        impostor = tried.kept(drawn[tried.owners] & drawn[tried.holders]).impostor
        if impostor.size:
            found.append(min(threshold_at(impostor, fmr), tail_threshold(impostor, fmr)))
    return float(np.percentile(found, _CAUTION))


def _judged(people: Sequence[EncodedPerson], frames: int) -> Iterator[Trials]:
    tried = trials(people, frames)
    yield tried
    groups = np.array([group_of(person) for person in people])
    yield tried.kept(groups[tried.owners] == groups[tried.holders])
    for members in grouped(people).values():
        if len(members) >= JUDGED:
            yield trials(members, frames)


def _other_person(people: Sequence[EncodedPerson]) -> float:
    """Return the maximum distance of two frames of one visit, estimated from photographs, which are less similar."""
    apart = [distance(one, other) for person in people for one, other in itertools.combinations(person.live, 2)]
    return float(np.percentile(apart, _ONE_VISIT))
