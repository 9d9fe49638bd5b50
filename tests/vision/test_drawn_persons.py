"""Drawn persons: every one is the holder of the own card and of nobody else's, by each engine's own calibration."""

from pathlib import Path

import pytest

from vision.calibration.drawn import distances, drawn_persons
from vision.calibration.persons import EncodedPerson
from vision.decision import Calibration
from vision.engines.engine import Engine
from vision.engines.open import BUILT, calibration_of, drawn_calibration_of, open_engine
from vision.synthetic.people import PEOPLE

FRAMES = 5


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.long] if name == "face_recognition" else []) for name in BUILT],
)
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[EncodedPerson], Calibration]:
    engine = open_engine(tmp_path_factory.mktemp("cache"), request.param)
    assert isinstance(engine, Engine)
    assert engine.drawn_calibration is not None
    return list(drawn_persons(engine, live=FRAMES)), engine.drawn_calibration


def test_holders_are_matched_and_strangers_are_not(measured: tuple[list[EncodedPerson], Calibration]) -> None:
    persons, calibration = measured
    assert [one.name for one in persons if one.reference is None or one.unseen] == []
    held, strange = distances(persons, FRAMES)
    assert (len(held), len(strange)) == (len(PEOPLE), 306)
    assert sum(one <= calibration.threshold(FRAMES) for one in held) == len(PEOPLE)
    assert sum(one <= calibration.threshold(FRAMES) for one in strange) == 0


@pytest.mark.parametrize("name", BUILT)
def test_each_engine_has_both_calibrations_and_they_are_not_the_same(name: str, tmp_path: Path) -> None:
    real, drawn = calibration_of(name, tmp_path), drawn_calibration_of(name)
    assert drawn is not None
    assert real.engine == drawn.engine
    assert set(real.thresholds) == {1, 3, 5}
    assert drawn.threshold(5) != real.threshold(5)
    assert real.fmr == 0.001
    assert 0 < real.fmr_upper < 0.01
