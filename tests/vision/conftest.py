import pytest

from vision.engines.engine import Engine, FaceEngine
from vision.engines.open import open_engine


def deciding_on_drawn_persons(engine: FaceEngine) -> FaceEngine:
    """The same engine with the calibration for drawn persons as its own."""
    assert isinstance(engine, Engine)
    drawn = engine.drawn_calibration
    return Engine(engine._detector, engine._encoder, drawn, drawn)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FaceEngine:
    """The default engine, as the demo uses it before drawn persons."""
    return deciding_on_drawn_persons(open_engine(tmp_path_factory.mktemp("cache")))
