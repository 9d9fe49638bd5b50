"""When Python looks for unreachable cycles: not while a program starts."""

import gc

_WHILE_STARTING, _WHILE_SERVING = 500_000, 10_000
"""New objects, less freed ones, between two looks at the newest."""


def postpone() -> None:
    """Look for cycles rarely. Imports make hundreds of thousands of objects that stay; looking through them again and
    again is a tenth of a start."""
    gc.set_threshold(_WHILE_STARTING)


def resume() -> None:
    """After `postpone`: look often again, but not at what the start has left. Does nothing without it.

    Call it before a patient's data can be in memory: what is unreachable then stays in memory.
    """
    if gc.get_threshold()[0] == _WHILE_STARTING:
        gc.freeze()
        gc.set_threshold(_WHILE_SERVING)
