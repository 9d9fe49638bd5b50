"""How near a card photo lies to its population: a crowd drawn from statistics, nobody's face.

A plain distance treats every photo alike, though one near the middle of its population is near many strangers. The
mean distance to the nearest members of a crowd says how near; it is subtracted (cohort normalisation). Everything here
is of length one: what it is given is made so.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.engines.engine import Encoding, unit

SHIPPED = Path(__file__).parent / "data" / "crowd.npz"
SMALLEST_POPULATION = 20
"""Persons; fewer could be told apart."""
_SEED = 20200420
_MOST_PARTS = 4
_PERSONS_PER_PART = 40
_OWN = 0.5
"""Of a part's covariance; the rest is that of all parts about their means."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Part:
    """Aggregate numbers of the encodings of persons who are alike."""

    share: float
    """Of its population."""
    mean: NDArray[np.float32]
    """(128,)"""
    covariance: NDArray[np.float32]
    """(128, 128), shrunk towards a multiple of the identity."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Population:
    """A mixture: a few groups of alike persons, found without names."""

    parts: tuple[Part, ...]
    weight: float = 1.0
    """How much it counts among them to be nearer than `typical`."""
    typical: float = 0.0
    """Mean nearness of the persons behind it."""

    @classmethod
    def of(cls, encodings: NDArray[np.float64], shrinkage: float = 0.1) -> Self:
        """`encodings` is (persons, 128). Raises ValueError for fewer than `SMALLEST_POPULATION`."""
        encodings = unit(encodings)
        persons, size = encodings.shape
        if persons < SMALLEST_POPULATION:
            raise ValueError(f"{persons} persons are too few for statistics of a population")
        labels = _parted(encodings)
        groups = [encodings[labels == label] for label in np.unique(labels)]
        pooled = np.cov(np.vstack([group - group.mean(axis=0) for group in groups]).T)
        parts = []
        for group in groups:
            plain = _OWN * np.cov(group.T) + (1 - _OWN) * pooled
            covariance = (1 - shrinkage) * plain + shrinkage * np.eye(size) * np.trace(plain) / size
            mean = group.mean(axis=0).astype(np.float32)
            parts.append(Part(len(group) / persons, mean, covariance.astype(np.float32)))
        alone = Crowd({"": cls(tuple(parts))})
        return cls(tuple(parts), typical=float(np.mean([alone.nearness(one) for one in encodings])))


def _parted(encodings: NDArray[np.float64]) -> NDArray[np.int_]:
    """A label per person, by k-means; as many groups as leave none with fewer than `SMALLEST_POPULATION`."""
    for parts in range(min(_MOST_PARTS, len(encodings) // _PERSONS_PER_PART), 1, -1):
        drawn = np.random.default_rng(_SEED)
        labels, _ = min((_k_means(encodings, parts, drawn) for _ in range(10)), key=lambda one: one[1])
        if np.bincount(labels, minlength=parts).min() >= SMALLEST_POPULATION:
            return labels
    return np.zeros(len(encodings), np.int_)


def _k_means(encodings: NDArray[np.float64], parts: int, drawn: np.random.Generator) -> tuple[NDArray[np.int_], float]:
    """Labels, and the sum of squared distances to the means."""
    means = encodings[drawn.choice(len(encodings), parts, replace=False)]
    for _ in range(50):
        squares = ((encodings[:, None] - means[None]) ** 2).sum(axis=2)
        labels = squares.argmin(axis=1)
        means = np.array(
            [encodings[labels == part].mean(axis=0) if (labels == part).any() else means[part] for part in range(parts)]
        )
    return labels, float(squares.min(axis=1).sum())


def save_populations(path: Path, populations: dict[str, Population]) -> None:
    """An .npz; per name shares, means, the lower halves of the covariances, and weight with typical nearness."""
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, population in populations.items():
        lower = np.tril_indices(len(population.parts[0].mean))
        arrays[f"{name}.shares"] = np.array([part.share for part in population.parts], np.float32)
        arrays[f"{name}.means"] = np.array([part.mean for part in population.parts], np.float32)
        arrays[f"{name}.covariances"] = np.array([part.covariance[lower] for part in population.parts], np.float32)
        arrays[f"{name}.weighing"] = np.array([population.weight, population.typical], np.float32)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def load_populations(path: Path) -> dict[str, Population]:
    """Raises OSError, ValueError, KeyError."""
    found = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in [key.removesuffix(".shares") for key in arrays.files if key.endswith(".shares")]:
            means, halves = arrays[f"{name}.means"], arrays[f"{name}.covariances"]
            size = means.shape[1]
            covariances = np.zeros((len(means), size, size), np.float32)
            covariances[:, *np.tril_indices(size)] = halves
            covariances += np.tril(covariances, -1).transpose(0, 2, 1)
            parts = map(Part, arrays[f"{name}.shares"].tolist(), means, covariances)
            found[name] = Population(tuple(parts), *arrays[f"{name}.weighing"].tolist())
    return found


class Crowd:
    """`members` drawn per population, always the same ones."""

    def __init__(self, populations: dict[str, Population], members: int = 6000, neighbours: int = 90) -> None:
        drawn = np.random.default_rng(_SEED)
        ordered = [one for _, one in sorted(populations.items())]
        crowds = [_drawn(one, members, drawn) for one in ordered]
        self._members = np.vstack(crowds)
        self._squares = (self._members**2).sum(axis=1)
        self._whose = np.repeat(np.arange(len(crowds)), [len(one) for one in crowds])
        self._weight = np.array([one.weight for one in ordered])
        self._typical = np.array([one.typical for one in ordered])
        self._neighbours = neighbours

    def nearness(self, reference: Encoding) -> float:
        """Mean distance from the card photo's encoding to its nearest members, weighed as their populations are."""
        return self._place(reference)[0]

    def counted(self, reference: Encoding) -> float:
        """Nearness as a decision counts it: at most that of a typical photo of the same population.

        A photo unlike everybody's - damaged, drawn, cut out too tightly - would let others pass with it.
        """
        return min(self._place(reference))

    def _place(self, reference: Encoding) -> tuple[float, float]:
        """Nearness, and that of a typical photo where this one lies."""
        squares = self._squares - 2 * (self._members @ unit(reference).astype(np.float32)) + 1
        nearest = np.argpartition(squares, self._neighbours)[: self._neighbours]
        near = float(np.sqrt(np.maximum(squares[nearest], 0)).mean())
        shares = np.bincount(self._whose[nearest], minlength=len(self._weight)) / self._neighbours
        return float(shares @ (self._typical + self._weight * (near - self._typical))), float(shares @ self._typical)


def _drawn(population: Population, members: int, drawn: np.random.Generator) -> NDArray[np.float32]:
    return np.vstack(
        [
            part.mean
            + drawn.standard_normal((round(part.share * members), len(part.mean))).astype(np.float32)
            @ np.linalg.cholesky(part.covariance).T
            for part in population.parts
        ]
    )


@lru_cache(maxsize=1)
def shipped_crowd() -> Crowd:
    return Crowd(load_populations(SHIPPED))
