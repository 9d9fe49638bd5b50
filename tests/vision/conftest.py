from typing import Any

import numpy as np
import pytest

from vision.dlib_engine import DlibEngine
from vision.engine import flip_averaged
from vision.reference import Reference, make_reference
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource


@pytest.fixture(scope="session")
def engine() -> DlibEngine:
    return DlibEngine()


class Measured:
    """One person's card reference and five live encodings, spread over two and a half seconds."""

    def __init__(self, engine: DlibEngine, name: str) -> None:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference), f"{name}: {reference}"
        self.reference = reference.encoding
        source = SyntheticSource(name, realtime=False)
        self.live = []
        for number in range(60):
            frame = source.read()
            if number % 12 == 0:
                boxes = engine.faces(frame.grey)  # type: ignore[union-attr]
                assert len(boxes) == 1, f"{name}: {len(boxes)} faces in frame {number}"
                self.live.append(flip_averaged(engine, frame.grey, boxes[0]))  # type: ignore[union-attr]
        self.mean: Any = np.mean(self.live, axis=0)


@pytest.fixture(scope="session")
def people(engine: DlibEngine) -> dict[str, Measured]:
    return {name: Measured(engine, name) for name in PEOPLE}
