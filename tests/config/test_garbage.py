"""Cycles that hold something of a patient are found while the terminal serves, not only at its end."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from config.garbage import postpone, resume


class Holder:
    """Refers to itself, as an exception and its traceback do."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_looks_again_after_the_start() -> None:
    postpone()
    held = weakref.ref(Holder())
    made = [[number] for number in range(100_000)]
    assert held() is not None  # not looked for while starting
    del made
    resume()
    held = weakref.ref(Holder())
    made = [[number] for number in range(100_000)]
    assert held() is None
    assert len(made) == 100_000


def test_without_a_start_nothing_changes() -> None:
    before = gc.get_threshold()
    resume()
    assert gc.get_threshold() == before
