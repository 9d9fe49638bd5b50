"""Reference cycles holding patient data are collected while the terminal runs, not only at exit."""

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
def _restore_collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_cycles_are_collected_again_after_the_start() -> None:
    postpone()
    held = weakref.ref(Holder())
    made = [[number] for number in range(100_000)]
    assert held() is not None  # the collector is off during the start
    del made
    resume()
    held = weakref.ref(Holder())
    made = [[number] for number in range(100_000)]
    assert held() is None
    assert len(made) == 100_000


def test_resume_without_postpone_changes_nothing() -> None:
    before = gc.get_threshold()
    resume()
    assert gc.get_threshold() == before
