"""The face engine's wall: where faces are, and what tells one from another."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

Encoding = NDArray[np.float64]
"""(128,); euclidean distance between two tells how unlike the faces are."""


Points = NDArray[np.float64]
"""(5, 2), in pixels: the corners of the eye on the picture's right, of the other eye (outer first), the nose's base."""


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


class FaceEngine(Protocol):
    """Blocking; used from one thread at a time."""

    def faces(self, grey: Image, *, thorough: bool = False) -> list[FaceBox]:
        """Frontal faces. `thorough` also finds small ones, at several times the cost: for the card photo."""

    def points(self, grey: Image, box: FaceBox) -> Points:
        """Where eyes and nose are; quick enough for every frame."""

    def encode(self, grey: Image, box: FaceBox) -> Encoding:
        """Both sides of a comparison are grey, as the card's photo is."""


def flip_averaged(engine: FaceEngine, grey: Image, box: FaceBox) -> Encoding:
    """Mean of the encodings of the picture and its mirror image: steadier, at twice the cost."""
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    return (engine.encode(grey, box) + engine.encode(mirrored, box.mirrored(grey.shape[1]))) / 2
