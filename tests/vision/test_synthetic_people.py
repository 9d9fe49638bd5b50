"""Test that synthetic people match only their own cards, with each engine's calibration for synthetic people."""

from pathlib import Path

import numpy as np
import pytest

from vision.calibration import synthetic
from vision.calibration.people import EncodedPerson
from vision.calibration.synthetic import distances, encode_synthetic_people
from vision.decision import Calibration
from vision.engines.engine import Engine
from vision.engines.open import BUILT_IN_ENGINES, DEFAULT, calibration_for, open_engine, synthetic_calibration_for
from vision.face import Encoding, Face, FaceBox
from vision.frame import Frame, Image
from vision.synthetic.people import PEOPLE
from vision.synthetic.source import SyntheticSource
from vision.verdict import CameraLost

FRAMES = 5


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name == DEFAULT else [pytest.mark.long]) for name in BUILT_IN_ENGINES],
)
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[EncodedPerson], Calibration]:
    engine = open_engine(tmp_path_factory.mktemp("cache"), request.param)
    assert isinstance(engine, Engine)
    assert engine.synthetic_calibration is not None
    return list(encode_synthetic_people(engine, live=FRAMES)), engine.synthetic_calibration


def test_holders_are_matched_and_strangers_are_not(measured: tuple[list[EncodedPerson], Calibration]) -> None:
    people, calibration = measured
    assert [person.name for person in people if person.reference is None or person.undetected] == []
    genuine, impostor = distances(people, FRAMES)
    assert (len(genuine), len(impostor)) == (len(PEOPLE), 306)
    assert sum(value <= calibration.threshold(FRAMES) for value in genuine) == len(PEOPLE)
    assert sum(value <= calibration.threshold(FRAMES) for value in impostor) == 0


@pytest.mark.parametrize("name", BUILT_IN_ENGINES)
def test_each_engine_has_two_different_calibrations(name: str, tmp_path: Path) -> None:
    real, synthetic_people = calibration_for(name, tmp_path), synthetic_calibration_for(name)
    assert synthetic_people is not None
    assert real.engine == synthetic_people.engine
    assert set(real.thresholds) == {1, 3, 5}
    assert synthetic_people.threshold(5) != real.threshold(5)
    assert real.fmr == 0.001
    assert 0 < real.fmr_upper < 0.01


def test_frames_are_half_a_second_apart_and_undetected_faces_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Consecutive frames would be nearly identical, because synthetic people turn and blink slowly."""
    numbers: list[int] = []

    class RecordingSource(SyntheticSource):
        def read(self) -> Frame | CameraLost:
            frame = super().read()
            assert isinstance(frame, Frame)
            numbers.append(frame.number)
            return frame

    class BlinkingEngine:
        """An engine that finds a face in every second frame."""

        calibration = synthetic_calibration = None
        calls = 0

        def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
            self.calls += 1
            return [Face(FaceBox(0, 0, 100, 100), np.zeros((5, 2)))] if self.calls % 2 else []

        def encode(self, grey: Image, face: Face) -> Encoding:
            return np.ones(8)

        encode_photo = encode

    monkeypatch.setattr(synthetic, "SyntheticSource", RecordingSource)
    monkeypatch.setattr(synthetic, "PEOPLE", {"hana": PEOPLE["hana"]})
    (person,) = encode_synthetic_people(BlinkingEngine(), live=2)  # type: ignore[arg-type]
    assert (person.reference is not None, len(person.live), person.undetected) == (True, 1, 1)
    assert numbers[1] - numbers[0] == 13, "13 of 25 frames per second"
