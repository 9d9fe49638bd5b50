"""Garbage collection, postponed during start-up."""

import gc

_WHILE_STARTING, _WHILE_SERVING = 500_000, 10_000
"""Thresholds for the youngest generation: allocations minus deallocations between collections."""


def postpone() -> None:
    """Collect garbage rarely. Imports create hundreds of thousands of long-lived objects, and scanning them repeatedly
    takes a tenth of the start-up time."""
    gc.set_threshold(_WHILE_STARTING)


def resume() -> None:
    """Undo `postpone`, and exclude objects from start-up from future collections. Does nothing without `postpone`.

    Call this before patient data can be in memory, because objects unreachable at this point are never freed.
    """
    if gc.get_threshold()[0] == _WHILE_STARTING:
        gc.freeze()
        gc.set_threshold(_WHILE_SERVING)
