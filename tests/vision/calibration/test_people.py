"""Tests for encoding a folder of images."""

from pathlib import Path

import cv2
import numpy as np

from vision.calibration.people import encoded_people
from vision.engines.open import open_uncalibrated
from vision.synthetic.source import SyntheticSource


def test_first_image_is_reference_and_others_are_live(tmp_path: Path) -> None:
    people = tmp_path / "people"
    for name in ("hana", "ken"):
        (people / name).mkdir(parents=True)
        source = SyntheticSource(name, realtime=False)
        for number in range(3):
            cv2.imwrite(str(people / name / f"{number}.png"), source.read().rgb[:, :, ::-1])  # type: ignore[union-attr]
    cv2.imwrite(str(people / "ken" / "3.png"), np.full((300, 300, 3), 128, np.uint8))
    (people / "ken" / "4.jpg").write_text("not an image")
    (people / "nobody").mkdir()
    engine = open_uncalibrated(tmp_path / "cache")
    hana, ken = encoded_people(people, engine)
    assert (hana.name, len(hana.live), hana.undetected) == ("hana", 2, 0)
    assert (ken.name, len(ken.live)) == ("ken", 2 + (2 - ken.undetected))
    assert ken.undetected >= 1
    assert hana.reference is not None
    assert ken.reference is not None
    assert np.linalg.norm(hana.reference - hana.live[0]) < 0.6 < np.linalg.norm(hana.reference - ken.live[0])
