"""FMR and FNMR: comparing every mean of K live frames with every card photo of the same population."""

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
_SUBSETS = 10
"""Maximum number of subsets of live frames per person."""
_TAIL = 0.05
"""Fraction of impostor trials to which the tail is fitted."""
_FEW = 5
"""Minimum number of people for computing limits."""


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Trials, one row per pair of a card photo and a mean live encoding."""

    distances: Floats
    """See `vision.face.distance`."""
    owners: NDArray[np.int_]
    """Index of the card's owner."""
    holders: NDArray[np.int_]
    """Index of the person in front of the camera."""

    @property
    def same(self) -> NDArray[np.bool_]:
        return np.asarray(self.owners == self.holders)

    @property
    def genuine(self) -> Floats:
        return self.distances[self.same]

    @property
    def impostor(self) -> Floats:
        return self.distances[~self.same]

    def kept(self, which: NDArray[np.bool_]) -> "Trials":
        return Trials(self.distances[which], self.owners[which], self.holders[which])


def trials(people: Sequence[EncodedPerson], frames: int) -> Trials:
    """Return the trials with the mean of `frames` photographs. People with fewer only contribute their card photo."""
    cards = [(number, person.reference) for number, person in enumerate(people) if person.reference is not None]
    probes: list[tuple[int, Floats]] = []
    for number, person in enumerate(people):
        subsets = list(itertools.combinations(person.live, frames))
        random.Random(f"{person.name}").shuffle(subsets)  # noqa: S311
        probes += [(number, np.mean(subset, axis=0)) for subset in subsets[:_SUBSETS]]
    if not cards or not probes:
        nobody = np.zeros(0, np.int_)
        return Trials(np.zeros(0), nobody, nobody)
    references, live = (unit(np.array([one for _, one in them])) for them in (cards, probes))
    distances = np.sqrt(np.maximum(2 - 2 * references @ live.T, 0))
    owners = np.broadcast_to(np.array([number for number, _ in cards])[:, None], distances.shape)
    holders = np.broadcast_to(np.array([number for number, _ in probes])[None], distances.shape)
    return Trials(distances.ravel(), owners.ravel().copy(), holders.ravel().copy())


def threshold_at(impostor: Floats, fmr: float) -> float:
    """Return the largest distance at which at most the fraction `fmr` of impostor trials passes.

    Raises ValueError without trials.
    """
    if not impostor.size:
        raise ValueError("no impostor trials")
    passing = int(fmr * impostor.size)
    ordered = np.partition(impostor, passing)
    return float(np.nextafter(ordered[passing], -np.inf))


def tail_threshold(impostor: Floats, fmr: float) -> float:
    """Return this threshold from an exponential fitted to the tail of the trials, for sets too small for counting."""
    begins = float(np.quantile(impostor, _TAIL))
    below = impostor[impostor <= begins]
    return begins - float((begins - below).mean()) * math.log(_TAIL / fmr)


def bootstrap_limits(wrong: NDArray[np.bool_], people: NDArray[np.int_], times: int = 400) -> tuple[float, float]:
    """Return the 95 % limits of the fraction of `wrong`, by bootstrap over people, whose trials are correlated."""
    names = np.unique(people)
    failed = np.array([wrong[people == name].sum() for name in names])
    tried = np.array([(people == name).sum() for name in names])
    drawn = np.random.default_rng(1).integers(0, len(names), (times, len(names)))
    shares = failed[drawn].sum(1) / tried[drawn].sum(1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)


def limits(wrong: NDArray[np.bool_], holders: NDArray[np.int_]) -> tuple[float, float]:
    """Return these limits, widened by the rule of three if all trials have the same result. 0 to 1 for very few
    people.
    """
    if len(np.unique(holders)) < _FEW:
        return 0.0, 1.0
    low, high = bootstrap_limits(wrong, holders)
    rest = min(3 / wrong.size, 1.0)
    return min(low, 1 - rest), max(high, rest)
