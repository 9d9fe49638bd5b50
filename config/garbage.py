"""Postpone garbage collection during start-up."""

import gc

_WHILE_STARTING, _WHILE_SERVING = 500_000, 10_000
"""Thresholds for the youngest generation: allocations minus deallocations between collections."""


def postpone() -> None:
    """Collect garbage less often.

    Imports create hundreds of thousands of long-lived objects. Scanning them repeatedly takes a tenth of the start-up
    time.
    """
    gc.set_threshold(_WHILE_STARTING)


def resume() -> None:
    """Undo `postpone` and exclude existing objects from future collections. Do nothing if not postponed.

    Call this before patient data is loaded: unreachable objects that exist now are never freed.
    """
    if gc.get_threshold()[0] == _WHILE_STARTING:
        gc.freeze()
        gc.set_threshold(_WHILE_SERVING)
