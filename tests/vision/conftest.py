from typing import Any

import numpy as np
import pytest

from vision.engines.engine import FaceEngine, flip_averaged
from vision.engines.open import open_engine
from vision.frame import Frame
from vision.reference import Reference, make_reference
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FaceEngine:
    """The default engine, its network built once for all tests."""
    return open_engine(tmp_path_factory.mktemp("cache"))


class Measured:
    """One person's card reference and five live encodings, spread over two and a half seconds."""

    def __init__(self, engine: FaceEngine, name: str) -> None:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference), f"{name}: {reference}"
        self.reference = reference.encoding
        source = SyntheticSource(name, realtime=False)
        self.live = []
        for number in range(60):
            frame = source.read()
            assert isinstance(frame, Frame)
            if number % 12 == 0:
                boxes = engine.faces(frame.grey)
                assert len(boxes) == 1, f"{name}: {len(boxes)} faces in frame {number}"
                self.live.append(flip_averaged(engine, frame.grey, boxes[0]))
        self.mean: Any = np.mean(self.live, axis=0)


@pytest.fixture(scope="session")
def people(engine: FaceEngine) -> dict[str, Measured]:
    return {name: Measured(engine, name) for name in PEOPLE}
