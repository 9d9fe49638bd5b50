"""When Python collects garbage: not while the program starts."""

import gc

_WHILE_STARTING, _WHILE_SERVING = 500_000, 10_000
"""New objects, less freed ones, between two collections of the youngest generation."""


def postpone() -> None:
    """Collect garbage rarely. Imports create hundreds of thousands of long-lived objects; scanning them repeatedly is a
    tenth of the start-up time."""
    gc.set_threshold(_WHILE_STARTING)


def resume() -> None:
    """After `postpone`: collect often again, but skip objects from the start-up. Does nothing without `postpone`.

    Call it before patient data can be in memory: objects that are unreachable at this point are never freed.
    """
    if gc.get_threshold()[0] == _WHILE_STARTING:
        gc.freeze()
        gc.set_threshold(_WHILE_SERVING)
