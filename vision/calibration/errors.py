"""Trials for FMR and FNMR: the mean of several live frames compared with every card photo in a population."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.calibration.people import EncodedPerson
from vision.face import unit

Floats = NDArray[np.float64]
_MAX_SUBSETS = 10
"""Maximum number of frame subsets per person."""
_TAIL_FRACTION = 0.05
"""Fraction of impostor trials used for the tail fit."""
_MIN_PEOPLE = 5
"""Minimum number of people for confidence limits."""


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Comparisons of card photos with mean live encodings."""

    distances: Floats
    """See `vision.face.distance`."""
    owners: NDArray[np.int_]
    """Index of the person on the card photo."""
    holders: NDArray[np.int_]
    """Index of the person in front of the camera."""

    @property
    def same_person(self) -> NDArray[np.bool_]:
        return np.asarray(self.owners == self.holders)

    @property
    def genuine(self) -> Floats:
        return self.distances[self.same_person]

    @property
    def impostor(self) -> Floats:
        return self.distances[~self.same_person]

    def select(self, mask: NDArray[np.bool_]) -> "Trials":
        return Trials(self.distances[mask], self.owners[mask], self.holders[mask])


def trials(people: Sequence[EncodedPerson], frames: int) -> Trials:
    """Return the trials whose live encoding is the mean of `frames` photographs.

    People with fewer photographs contribute only their card photo.
    """
    cards = [(number, person.reference) for number, person in enumerate(people) if person.reference is not None]
    probes: list[tuple[int, Floats]] = []
    for number, person in enumerate(people):
        subsets = list(itertools.combinations(person.live, frames))
        random.Random(f"{person.name}").shuffle(subsets)  # noqa: S311
        probes += [(number, np.mean(subset, axis=0)) for subset in subsets[:_MAX_SUBSETS]]
    if not cards or not probes:
        empty = np.zeros(0, np.int_)
        return Trials(np.zeros(0), empty, empty)
    references, live = (unit(np.array([encoding for _, encoding in rows])) for rows in (cards, probes))
    distances = np.sqrt(np.maximum(2 - 2 * references @ live.T, 0))
    owners = np.broadcast_to(np.array([number for number, _ in cards])[:, None], distances.shape)
    holders = np.broadcast_to(np.array([number for number, _ in probes])[None], distances.shape)
    return Trials(distances.ravel(), owners.ravel().copy(), holders.ravel().copy())


def threshold_at(impostor: Floats, fmr: float) -> float:
    """Return the largest threshold at which at most the fraction `fmr` of impostor trials passes.

    Raises ValueError if there are no trials.
    """
    if not impostor.size:
        raise ValueError("no impostor trials")
    passing = int(fmr * impostor.size)
    ordered = np.partition(impostor, passing)
    return float(np.nextafter(ordered[passing], -np.inf))


def tail_threshold(impostor: Floats, fmr: float) -> float:
    """Estimate the same threshold with an exponential fitted to the tail, for sets too small for counting."""
    start = float(np.quantile(impostor, _TAIL_FRACTION))
    tail = impostor[impostor <= start]
    return start - float((start - tail).mean()) * math.log(_TAIL_FRACTION / fmr)


def bootstrap_limits(errors: NDArray[np.bool_], people: NDArray[np.int_], resamples: int = 400) -> tuple[float, float]:
    """Return 95% confidence limits for the error rate.

    Bootstrap over people, because their trials are correlated.
    """
    names = np.unique(people)
    failed = np.array([errors[people == name].sum() for name in names])
    totals = np.array([(people == name).sum() for name in names])
    samples = np.random.default_rng(1).integers(0, len(names), (resamples, len(names)))
    rates = failed[samples].sum(1) / totals[samples].sum(1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)


def limits(errors: NDArray[np.bool_], holders: NDArray[np.int_]) -> tuple[float, float]:
    """Return the bootstrap limits, widened by the rule of three; 0 to 1 for fewer than `_MIN_PEOPLE` people."""
    if len(np.unique(holders)) < _MIN_PEOPLE:
        return 0.0, 1.0
    low, high = bootstrap_limits(errors, holders)
    margin = min(3 / errors.size, 1.0)
    return min(low, 1 - margin), max(high, margin)
