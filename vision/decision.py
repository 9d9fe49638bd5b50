"""The decision's numbers: a threshold per number of frames, as a calibration measured it."""

import json
import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from config.files import write_whole
from vision.crowd import Crowd, shipped_crowd
from vision.engines.engine import Encoding, unit

SHIPPED = Path(__file__).parent / "data" / "calibration.json"
SOMEBODY_ELSE = 0.45
"""See `Calibration.swap`; of the delivered encoder."""


class NotCalibrated(Exception):
    """An engine without a calibration that belongs to it. The text names the thing, the reason and the next step."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one engine. Without one, an engine decides nothing."""

    engine: str
    """SHA-256 of the encoder's weights; see `vision.engines.models.network.Network.hash`."""
    weight: float
    """Of the crowd's nearness in the score: distance - weight * nearness; both are of encodings of length one."""
    thresholds: dict[int, float]
    """Largest score that counts as a match, by the number of frames averaged."""
    fmr: float
    """The false match rate aimed at in the worst group of the persons it was made with."""
    crowd: str = ""
    """SHA-256 of the statistics it was made with; empty in the delivered one, which has them beside it."""
    cap: float | None = None
    """Largest plain distance that can count as a match, on this engine's own scale; None leaves it to the settings,
    whose value is on the delivered encoder's scale."""
    swap: float | None = None
    """A live frame further than this from the mean of those before it shows somebody else; None: `SOMEBODY_ELSE`."""

    def threshold(self, frames: int) -> float:
        """For so many frames: that of the nearest smaller number measured. Raises ValueError for fewer than any."""
        fitting = [number for number in self.thresholds if number <= frames]
        if not fitting:
            raise ValueError(f"no threshold for {frames} frames")
        return self.thresholds[max(fitting)]

    def score(self, distance: float, nearness: float) -> float:
        return distance - self.weight * nearness


def save_calibration(path: Path, calibration: Calibration) -> None:
    values = asdict(calibration)
    values["thresholds"] = {str(frames): round(value, 4) for frames, value in calibration.thresholds.items()}
    values |= {
        name: value and round(value, 4) for name, value in (("cap", calibration.cap), ("swap", calibration.swap))
    }
    write_whole(path, (json.dumps(values, indent=2) + "\n").encode())


def load_calibration(path: Path) -> Calibration:
    """Raises OSError, ValueError, KeyError, TypeError, AttributeError."""
    values = json.loads(path.read_text(encoding="utf-8"))
    thresholds = {int(frames): float(value) for frames, value in values["thresholds"].items()}
    cap, swap = (None if values.get(name) is None else float(values[name]) for name in ("cap", "swap"))
    weight, fmr = float(values["weight"]), float(values["fmr"])
    # an infinite threshold would let everybody pass
    if not all(math.isfinite(one) for one in (*thresholds.values(), weight, fmr, cap or 0, swap or 0)):
        raise ValueError("a number in it is not finite")
    if not thresholds:
        raise ValueError("it holds no threshold")
    return Calibration(str(values["engine"]), weight, thresholds, fmr, str(values.get("crowd", "")), cap, swap)


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    return load_calibration(SHIPPED)


@dataclass(frozen=True, slots=True)
class Judge:
    """A calibration with the crowd it was made with."""

    calibration: Calibration
    crowd: Crowd

    def matches(self, live: Encoding, reference: Encoding, frames: int, largest: float) -> bool:
        """`live`: the mean of so many frames. `largest`: plain distance, where the calibration has no cap of its own;
        it counts too."""
        apart = float(np.linalg.norm(unit(live) - unit(reference)))
        score = self.calibration.score(apart, self.crowd.counted(reference))
        plain = float(np.linalg.norm(live - reference))
        return plain <= self.cap(largest) and score <= self.calibration.threshold(frames)

    def cap(self, largest: float) -> float:
        """`largest`: that of the settings."""
        return largest if self.calibration.cap is None else self.calibration.cap

    @property
    def swap(self) -> float:
        return SOMEBODY_ELSE if self.calibration.swap is None else self.calibration.swap


@runtime_checkable
class Judging(Protocol):
    """An engine with a calibration of its own."""

    def judge(self) -> Judge: ...


@lru_cache(maxsize=1)
def shipped_judge() -> Judge:
    return Judge(shipped_calibration(), shipped_crowd())


def judge_of(engine: object) -> Judge:
    return engine.judge() if isinstance(engine, Judging) else shipped_judge()
