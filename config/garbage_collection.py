"""Postpone garbage collection during start-up."""

import gc

_STARTUP_THRESHOLDS, _SERVING_THRESHOLDS = 500_000, 10_000
"""Thresholds for the youngest generation: allocations minus deallocations between collections."""


def postpone() -> None:
    """Collect garbage less often.

    Imports create hundreds of thousands of long-lived objects. Scanning them repeatedly takes a tenth of the start-up
    time.
    """
    gc.set_threshold(_STARTUP_THRESHOLDS)


def resume() -> None:
    """Undo `postpone` and exclude existing objects from future collections. Does nothing if `postpone` was not called.

    Call this before patient data is loaded: unreachable objects that exist at this point are never freed.
    """
    if gc.get_threshold()[0] == _STARTUP_THRESHOLDS:
        gc.freeze()
        gc.set_threshold(_SERVING_THRESHOLDS)
