"""Count wrong staff passwords per origin. Every third one blocks the origin, for twice as long each time."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.files import write_atomically

log = logging.getLogger(__name__)

TRIES = 3
FIRST_WAIT, MAX_WAIT = 30.0, 900.0
MAX_ORIGINS = 64
"""Maximum number of separate counts. Further origins share one count."""
_OTHERS = "others"


@dataclass
class _Count:
    wrong: int = 0
    closed_until: float = 0.0
    """Monotonic time in seconds."""


class Attempts:
    """Counts wrong passwords. The counts are stored in the file `memory`, so that a restart does not reset them."""

    def __init__(
        self,
        memory: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._memory, self._clock, self._wall = memory, clock, wall
        self._counts: dict[str, _Count] = {}
        self._damaged_until = 0.0
        self._load()

    def wait(self, origin: str) -> float:
        """Return for how many seconds passwords from this origin are refused. 0 or less if they are accepted."""
        count = self._counts.get(self._key(origin), _Count())
        return max(count.closed_until, self._damaged_until) - self._clock()

    def reset(self, origin: str) -> None:
        if self._counts.pop(self._key(origin), None) is not None:
            self._save()

    def count_wrong(self, origin: str) -> float:
        """Count a wrong password. Return for how many seconds the origin is blocked, or 0 if it has attempts left."""
        count = self._counts.setdefault(self._key(origin), _Count())
        count.wrong += 1
        wait = 0.0
        if count.wrong % TRIES == 0:
            wait = min(FIRST_WAIT * 2 ** min(count.wrong // TRIES - 1, 10), MAX_WAIT)
            count.closed_until = self._clock() + wait
        self._save()
        return wait

    def _key(self, origin: str) -> str:
        return origin if origin in self._counts or len(self._counts) < MAX_ORIGINS else _OTHERS

    def _load(self) -> None:
        """Load the counts. Block every origin for a while if the file is damaged."""
        if self._memory is None or not self._memory.exists():
            return
        try:
            counts = json.loads(self._memory.read_bytes())
            if not counts:
                raise ValueError("empty file")
            if "wrong" in counts:  # written by version 0.1, which counted for the screen only
                counts = {"screen": counts}
            for origin, count in counts.items():
                self._counts[str(origin)] = _Count(int(count["wrong"]), self._until(float(count["closed_until"])))
        except (OSError, ValueError, TypeError, KeyError):
            self._counts.clear()
            self._damaged_until = self._clock() + FIRST_WAIT

    def _until(self, wall: float) -> float:
        """Convert wall time to monotonic time. Limit the wait in case the clock was set back."""
        return self._clock() + min(max(wall - self._wall(), 0.0), MAX_WAIT)

    def _save(self) -> None:
        if self._memory is None:
            return
        ahead = self._wall() - self._clock()
        counts = {
            origin: {"wrong": count.wrong, "closed_until": count.closed_until + ahead}
            for origin, count in self._counts.items()
        }
        try:
            if counts:
                write_atomically(self._memory, json.dumps(counts).encode())
            else:
                self._memory.unlink(missing_ok=True)
        except OSError as error:
            log.error("cannot save the counts of wrong staff passwords: %s", error.strerror)
