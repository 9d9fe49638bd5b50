"""Tests for ordering the corners of a card."""

import numpy as np
import pytest

from vision.printed.corners import _order_corners

CARD = np.array([(-85.6, -54.0), (85.6, -54.0), (85.6, 54.0), (-85.6, 54.0)]) * 2
"""An ID-1 card, clockwise from its upper left."""


@pytest.mark.parametrize("degrees", [degrees for degrees in range(0, 360, 10) if degrees not in (90, 270)])
def test_first_side_is_upper_long_side(degrees: int) -> None:
    angle = np.radians(degrees)
    rotated = CARD @ np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))]) + (640, 360)
    for start in range(4):
        ordered = _order_corners(np.roll(rotated, start, axis=0)[:: 1 if start % 2 else -1])
        sides = np.linalg.norm(ordered - np.roll(ordered, -1, axis=0), axis=1)
        assert sides == pytest.approx([342.4, 216, 342.4, 216])
        assert ordered[:2, 1].mean() < ordered[2:, 1].mean()
        (across, down), (along, rise) = ordered[1] - ordered[0], ordered[2] - ordered[1]
        assert across * rise - down * along > 0, "clockwise, because y points downwards"
