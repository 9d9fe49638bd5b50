"""Canvas for drawing a head with soft shapes.

Coordinates are u to the right and v down, in half head widths. A shape is a coverage between 0 and 1 with an edge one
pixel wide.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.synthetic.person import Colour

Field = NDArray[np.float32]
"""Array with one value per canvas pixel."""

PIXELS = 100
"""Canvas pixels per half head width."""
LEFT, RIGHT, TOP, BOTTOM = -1.75, 1.75, -2.2, 2.3


def _grid() -> tuple[Field, Field]:
    u = np.arange(LEFT, RIGHT, 1 / PIXELS, dtype=np.float32)
    v = np.arange(TOP, BOTTOM, 1 / PIXELS, dtype=np.float32)
    grid_u, grid_v = np.meshgrid(u, v)
    return grid_u, grid_v


U, V = _grid()


def covered(distance: Field) -> Field:
    """Return the coverage of a shape, given the signed distance to its edge (negative inside)."""
    return np.asarray(np.clip(0.5 - distance * PIXELS, 0, 1), np.float32)


def blob(cu: float, cv: float, su: float, sv: float) -> Field:
    return np.exp(-(((U - cu) / su) ** 2 + ((V - cv) / sv) ** 2)).astype(np.float32)


def stroke(distance: Field, width: float) -> Field:
    """Return the coverage of a soft line along distance = 0."""
    return np.asarray(np.exp(-((distance / width) ** 2)), np.float32)


def blur(field: Field, pixels: float) -> Field:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), pixels), np.float32)


def ellipse(cu: float, cv: float, ru: float, rv: float, power: float = 2.0) -> Field:
    """Return the signed distance to a (super)ellipse, accurate near the edge."""
    radius = (np.abs((U - cu) / ru) ** power + np.abs((V - cv) / rv) ** power) ** (1 / power)
    return np.asarray((radius - 1) * min(ru, rv), np.float32)


class Paint:
    """RGB image for painting layers."""

    def __init__(self, colour: Colour) -> None:
        self.rgb = np.empty((*U.shape, 3), np.float32)
        self.rgb[:] = colour

    def over(self, coverage: Field, colour: Colour | NDArray[np.float32], strength: float = 1.0) -> None:
        weight = (coverage * strength)[..., None]
        self.rgb += weight * (np.asarray(colour, np.float32) - self.rgb)

    def darken(self, coverage: Field, strength: float) -> None:
        self.rgb *= (1 - coverage * strength)[..., None]
