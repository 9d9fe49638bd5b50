"""Calculate thresholds at which the worst group meets the target false match rate."""

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
MIN_GROUP_SIZE = 30
"""Minimum number of people for a group to affect the thresholds."""
_MIN_IMPOSTOR_TRIALS = 400
"""Minimum number of impostor trials for a threshold."""
_BOOTSTRAP_SAMPLES, _PERCENTILE, _SEED = 100, 15, 1
"""Number of bootstrap samples of the people, percentile of their thresholds to use, and random seed."""
_SAME_VISIT_PERCENTILE = 80
"""Percentile of distances between photographs. Frames of one visit are more similar than most photographs."""


class TooFewPeople(Exception):
    """Not enough people to calculate a threshold."""


def is_held_out(person: EncodedPerson) -> bool:
    """Return whether to use the person for error rates instead of thresholds, based on a hash of the name."""
    return bool(hashlib.sha256(person.name.encode()).digest()[0] & 1)


def group_name(person: EncodedPerson) -> str:
    """Return the group of a person: the folder name up to the first underscore."""
    return person.name.partition("_")[0]


def by_group_name(people: Sequence[EncodedPerson]) -> dict[str, list[EncodedPerson]]:
    groups: dict[str, list[EncodedPerson]] = defaultdict(list)
    for person in people:
        groups[group_name(person)].append(person)
    return dict(groups)


def calibrate(people: Sequence[EncodedPerson], engine: str, fmr: float = FMR) -> Calibration:
    """Return the strictest threshold across all sets of trials, for each number of frames.

    The sets are all trials, all trials within groups, and the trials of each group with at least `MIN_GROUP_SIZE`
    people. Each threshold is the lower of the counted and the tail estimate, and holds for 85 of 100 bootstrap samples.
    `engine`: see `Calibration.engine`. Raises TooFewPeople.
    """
    thresholds: dict[int, float] = {}
    upper = 1.0
    for frames in FRAMES:
        trial_sets = [subset for subset in _trial_sets(people, frames) if subset.impostor.size >= _MIN_IMPOSTOR_TRIALS]
        if trial_sets:
            candidates = [_conservative_threshold(subset, fmr) for subset in trial_sets]
            thresholds[frames] = round(min(candidates), 4)
            worst = trial_sets[int(np.argmin(candidates))]
            upper = limits(worst.impostor <= thresholds[frames], worst.holders[~worst.same_person])[1]
    if max(FRAMES) not in thresholds:
        needed = f"{_MIN_IMPOSTOR_TRIALS} impostor trials with {max(FRAMES)} frames"
        raise TooFewPeople(f"{len(people)} people do not yield {needed}")
    return Calibration(engine, thresholds, fmr, upper, _other_person_distance(people))


def _conservative_threshold(subset: Trials, fmr: float) -> float:
    """Return a threshold that holds for most bootstrap samples, as other people may look more alike."""
    count = int(max(subset.owners.max(), subset.holders.max())) + 1
    generator = np.random.default_rng(_SEED)
    thresholds = []
    for _ in range(_BOOTSTRAP_SAMPLES):
        sample = np.bincount(generator.integers(0, count, count), minlength=count) > 0
        impostor = subset.select(sample[subset.owners] & sample[subset.holders]).impostor
        if impostor.size:
            thresholds.append(min(threshold_at(impostor, fmr), tail_threshold(impostor, fmr)))
    return float(np.percentile(thresholds, _PERCENTILE))


def _trial_sets(people: Sequence[EncodedPerson], frames: int) -> Iterator[Trials]:
    all_trials = trials(people, frames)
    yield all_trials
    groups = np.array([group_name(person) for person in people])
    yield all_trials.select(groups[all_trials.owners] == groups[all_trials.holders])
    for members in by_group_name(people).values():
        if len(members) >= MIN_GROUP_SIZE:
            yield trials(members, frames)


def _other_person_distance(people: Sequence[EncodedPerson]) -> float:
    """Return the maximum distance between frames of one visit, estimated from less similar photographs."""
    pairs = (pair for person in people for pair in itertools.combinations(person.live, 2))
    return float(np.percentile([distance(*pair) for pair in pairs], _SAME_VISIT_PERCENTILE))
