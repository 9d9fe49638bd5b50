"""Tests for detecting the side of a card."""

import numpy as np

from vision.printed.side import card_ink


def test_fine_print_is_averaged_to_grey() -> None:
    close_up = np.full((1080, 1712, 3), 230, np.uint8)
    close_up[:, ::7] = 20
    corners = np.array([(0.0, 0.0), (1711, 0), (1711, 1079), (0, 1079)])
    assert card_ink(close_up, corners)[10:-10, 10:-10].max() < 0.03
