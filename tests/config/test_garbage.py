"""Test that reference cycles with patient data are collected while the terminal runs."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from config.garbage_collection import postpone, resume


class Cycle:
    """A reference cycle, like an exception and its traceback."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _restore_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_cycles_are_collected_again_after_start() -> None:
    postpone()
    reference = weakref.ref(Cycle())
    lists = [[number] for number in range(100_000)]
    assert reference() is not None  # the collector is off during the start
    del lists
    resume()
    reference = weakref.ref(Cycle())
    lists = [[number] for number in range(100_000)]
    assert reference() is None
    assert len(lists) == 100_000


def test_resume_without_postpone_changes_nothing() -> None:
    thresholds = gc.get_threshold()
    resume()
    assert gc.get_threshold() == thresholds
