"""One instruction at a time, the most useful first."""

import numpy as np
import pytest

from vision.engine import FaceBox
from vision.guidance import guide
from vision.verdict import Guidance

GREY = np.full((480, 640), 128, np.uint8)
GOOD = FaceBox(220, 120, 420, 320)


@pytest.mark.parametrize(
    ("boxes", "grey", "told"),
    [
        ([GOOD], GREY, None),
        ([], GREY, Guidance.NO_FACE),
        ([], np.zeros_like(GREY), Guidance.TOO_DARK),
        ([GOOD, FaceBox(0, 0, 200, 200)], GREY, Guidance.TWO_FACES),
        ([FaceBox(280, 200, 360, 280)], GREY, Guidance.TOO_FAR),
        ([FaceBox(120, 40, 520, 440)], GREY, Guidance.TOO_NEAR),
        ([FaceBox(0, 120, 200, 320)], GREY, Guidance.OFF_CENTRE),
        ([GOOD], np.full_like(GREY, 20), Guidance.TOO_DARK),
        ([FaceBox(-40, 120, 160, 320)], GREY, Guidance.OFF_CENTRE),
    ],
)
def test_guidance(boxes: list[FaceBox], grey: np.ndarray, told: Guidance | None) -> None:
    assert guide(grey, boxes) is told
