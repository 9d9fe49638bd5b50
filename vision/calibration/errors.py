"""FMR and FNMR of encoded persons: every mean of K live frames against every card photo of the same group."""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.calibration.persons import Person
from vision.engines.engine import Encoding, unit

Floats = NDArray[np.float64]
_SUBSETS = 10
"""Of a person's live frames, at most."""
_TAIL = 0.05
"""Share of impostor trials that tells how the rest of them thins out."""


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """One row per pair: scores, plain distances, and who was before the camera."""

    scores: Floats
    distances: Floats
    same: NDArray[np.bool_]
    holders: NDArray[np.int_]
    """The person before the camera, as an index."""

    @property
    def genuine(self) -> Floats:
        return self.scores[self.same]

    @property
    def impostor(self) -> Floats:
        return self.scores[~self.same]


def trials(persons: Sequence[Person], frames: int, nearness: Callable[[Encoding], float], weight: float) -> Trials:
    """`frames` different photographs are averaged; a person with fewer only lends the card photo."""
    cards = [(number, person.reference) for number, person in enumerate(persons) if person.reference is not None]
    probes: list[tuple[int, Encoding]] = []
    for number, person in enumerate(persons):
        subsets = list(itertools.combinations(person.live, frames))
        random.Random(f"{person.name}").shuffle(subsets)  # noqa: S311
        probes += [(number, np.mean(subset, axis=0)) for subset in subsets[:_SUBSETS]]
    if not cards or not probes:
        nothing = np.zeros(0)
        return Trials(nothing, nothing, np.zeros(0, np.bool_), np.zeros(0, np.int_))
    references = np.array([one for _, one in cards])
    live = np.array([one for _, one in probes])
    distances = _distances(references, live)
    apart = _distances(unit(references), unit(live))
    terms = np.array([weight * nearness(one) if weight else 0.0 for one in references])
    owners = np.array([number for number, _ in cards])[:, None]
    holders = np.array([number for number, _ in probes])[None]
    whom = np.broadcast_to(holders, distances.shape)
    return Trials((apart - terms[:, None]).ravel(), distances.ravel(), (owners == holders).ravel(), whom.ravel().copy())


def _distances(ones: Floats, others: Floats) -> Floats:
    square = (ones**2).sum(1)[:, None] + (others**2).sum(1)[None] - 2 * ones @ others.T
    return np.asarray(np.sqrt(np.maximum(square, 0)), np.float64)


def threshold_at(impostor: Floats, fmr: float) -> float:
    """The largest score that lets at most that share of impostor trials pass. Raises ValueError without trials."""
    if not impostor.size:
        raise ValueError("no impostor trials")
    passing = int(fmr * impostor.size)
    ordered = np.partition(impostor, passing)
    return float(np.nextafter(ordered[passing], -np.inf))


def tail_threshold(impostor: Floats, fmr: float) -> float:
    """The same from an exponential tail fitted to the lowest trials: few trials have no tail to count in."""
    begins = float(np.quantile(impostor, _TAIL))
    below = impostor[impostor <= begins]
    return begins - float((begins - below).mean()) * math.log(_TAIL / fmr)


def bootstrap_limits(wrong: NDArray[np.bool_], persons: NDArray[np.int_], times: int = 400) -> tuple[float, float]:
    """95 % limits of the share of `wrong`, drawing persons, whose trials belong together."""
    names = np.unique(persons)
    failed = np.array([wrong[persons == name].sum() for name in names])
    tried = np.array([(persons == name).sum() for name in names])
    drawn = np.random.default_rng(1).integers(0, len(names), (times, len(names)))
    shares = failed[drawn].sum(1) / tried[drawn].sum(1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)
