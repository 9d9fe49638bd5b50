"""How near a card photo lies to its population: a crowd drawn from statistics, nobody's face.

A plain distance treats every photo alike, though one near the middle of its population is near many strangers. The
mean distance to the nearest members of a crowd says how near; it is subtracted (cohort normalisation).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.engine import Encoding

SHIPPED = Path(__file__).parent / "data" / "crowd.npz"
SMALLEST_POPULATION = 20
"""Persons; fewer could be told apart."""
_SEED = 20200420


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Population:
    """Aggregate numbers of many persons' encodings."""

    mean: NDArray[np.float32]
    """(128,)"""
    covariance: NDArray[np.float32]
    """(128, 128), shrunk towards a multiple of the identity."""

    @classmethod
    def of(cls, encodings: NDArray[np.float64], shrinkage: float = 0.1) -> Self:
        """`encodings` is (persons, 128). Raises ValueError for fewer than `SMALLEST_POPULATION`."""
        persons, size = encodings.shape
        if persons < SMALLEST_POPULATION:
            raise ValueError(f"{persons} persons are too few for statistics of a population")
        plain = np.cov(encodings.T)
        covariance = (1 - shrinkage) * plain + shrinkage * np.eye(size) * np.trace(plain) / size
        return cls(encodings.mean(axis=0).astype(np.float32), covariance.astype(np.float32))


def save_populations(path: Path, populations: dict[str, Population]) -> None:
    """An .npz of a mean and the lower half of a covariance per name."""
    arrays = {}
    for name, population in populations.items():
        arrays[f"{name}.mean"] = population.mean
        arrays[f"{name}.covariance"] = population.covariance[np.tril_indices(len(population.mean))]
    np.savez_compressed(path, allow_pickle=False, **arrays)


def load_populations(path: Path) -> dict[str, Population]:
    """Raises OSError, ValueError, KeyError."""
    found = {}
    with np.load(path, allow_pickle=False) as arrays:
        for key in arrays.files:
            name, _, what = key.rpartition(".")
            if what == "mean":
                mean = arrays[key]
                covariance = np.zeros((len(mean), len(mean)), np.float32)
                covariance[np.tril_indices(len(mean))] = arrays[f"{name}.covariance"]
                found[name] = Population(mean, covariance + np.tril(covariance, -1).T)
    return found


class Crowd:
    """`members` drawn per population, always the same ones."""

    def __init__(self, populations: dict[str, Population], members: int = 1000, neighbours: int = 100) -> None:
        drawn = np.random.default_rng(_SEED)
        self._members = np.vstack(
            [
                one.mean + drawn.standard_normal((members, len(one.mean))) @ np.linalg.cholesky(one.covariance).T
                for _, one in sorted(populations.items())
            ]
        )
        self._neighbours = neighbours

    def nearness(self, reference: Encoding) -> float:
        """Mean distance from the card photo's encoding to its nearest members."""
        distances = np.linalg.norm(self._members - reference, axis=1)
        return float(np.partition(distances, self._neighbours)[: self._neighbours].mean())


@lru_cache(maxsize=1)
def shipped_crowd() -> Crowd:
    return Crowd(load_populations(SHIPPED))
