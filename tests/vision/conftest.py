"""The default face engine, calibrated for synthetic people."""

import pytest

from vision.engines.engine import Engine, FaceEngine
from vision.engines.open import open_engine


def calibrated_for_synthetic_people(engine: FaceEngine) -> FaceEngine:
    """Return the same engine with the calibration for synthetic people."""
    assert isinstance(engine, Engine)
    calibration = engine.synthetic_calibration
    return Engine(engine._detector, engine._encoder, calibration, calibration)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FaceEngine:
    """Return the default engine with the calibration of the demo."""
    return calibrated_for_synthetic_people(open_engine(tmp_path_factory.mktemp("cache")))
