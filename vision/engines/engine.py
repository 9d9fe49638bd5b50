"""The face engine's wall: where faces are, and what tells one from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

Encoding = NDArray[np.float64]
"""(128,); euclidean distance between two tells how unlike the faces are."""


Points = NDArray[np.float64]
"""(5, 2), in pixels: the corners of the eye on the picture's right, of the other eye (outer first), the nose's base."""


class FaceAxes:
    """A face's own coordinates: origin in the middle between the eyes, unit the distance between them."""

    def __init__(self, points: Points) -> None:
        one, other = points[0:2].mean(axis=0), points[2:4].mean(axis=0)
        self.eyes = (one, other)
        """(x, y) of the eye on the picture's right, then of the other."""
        self.distance = max(float(np.hypot(*(one - other))), 1.0)
        """Pixels between the eyes."""
        self.middle = (one + other) / 2
        self.across = (one - other) / self.distance
        """Unit vector from eye to eye, towards the picture's right."""
        self.down = np.array([-self.across[1], self.across[0]])

    def place(self, x: float, y: float) -> NDArray[np.float64]:
        """(2,) in pixels, of a place given in the face's own coordinates."""
        return np.asarray(self.middle + self.distance * (x * self.across + y * self.down), np.float64)

    def normal(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 2) in the face's own coordinates, of places in pixels."""
        away = places - self.middle
        return np.stack([away @ self.across, away @ self.down], axis=-1) / self.distance


def unit(encodings: NDArray[np.floating]) -> Encoding:
    """Of length one, each row; scores compare directions alone."""
    lengths = np.linalg.norm(encodings, axis=-1, keepdims=True)
    return np.asarray(encodings / np.maximum(lengths, np.finfo(np.float32).tiny), np.float64)


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Pixels; right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def mirrored(self, width: int) -> "FaceBox":
        """The same face in the mirrored picture of that width."""
        return FaceBox(width - self.right, self.top, width - self.left, self.bottom)

    def scaled(self, factor: float) -> "FaceBox":
        """The same face in the picture as many times larger."""
        return FaceBox(*(round(edge * factor) for edge in (self.left, self.top, self.right, self.bottom)))


@dataclass(frozen=True, slots=True)
class Cut:
    """How a face is cut out for the encoder, beside where the eyes put it."""

    across: float = 0.0
    down: float = 0.0
    """Moved by so many of the cut's sides."""
    scale: float = 1.0
    """Times as wide."""
    turn: float = 0.0
    """Degrees."""


Cuts = tuple[tuple[Cut, ...], tuple[Cut, ...]]
"""Of a picture and of its mirror image."""

STRAIGHT: Cuts = ((Cut(),), (Cut(),))
LIVE: Cuts = ((Cut(),), (Cut(scale=0.87),))
"""Of a frame: as many encodings as straight ones, and better ones."""
_FOUR = (Cut(), Cut(scale=0.87), Cut(scale=0.93, turn=5), Cut(scale=0.93, turn=-5))
CARD: Cuts = (_FOUR, _FOUR)
"""Of a card's photo: there is one, and time."""


class FaceEngine(Protocol):
    """Blocking; used from one thread at a time."""

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """Frontal faces. `thorough` also finds small ones, at several times the cost: for the card photo."""

    def points(self, grey: Image, box: FaceBox) -> Points:
        """Where eyes and nose are; quick enough for every frame."""

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        """Both sides of a comparison are grey, as the card's photo is."""


@runtime_checkable
class Cutting(Protocol):
    """An engine that can cut a face out in several ways."""

    def encode_cuts(self, grey: Image, box: FaceBox, cuts: Sequence[Cut]) -> Encoding:
        """Mean of their encodings."""


def flip_averaged(engine: FaceEngine, grey: Image, box: FaceBox, cuts: Cuts = LIVE) -> Encoding:
    """Mean of the encodings of the picture and its mirror image: steadier, at the cost of one for each cut.

    An engine that knows no other cut makes the straight one; its distances are a little larger.
    """
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    both = ((grey, box), (mirrored, box.mirrored(grey.shape[1])))
    if isinstance(engine, Cutting):
        found = [engine.encode_cuts(*one, ways) for one, ways in zip(both, cuts, strict=True)]
    else:
        found = [engine.encode(picture, where) for picture, where in both]
    return (found[0] + found[1]) / 2
