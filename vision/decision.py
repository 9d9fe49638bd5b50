"""The decision's numbers: a threshold per number of frames, as a calibration measured it."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

from vision.crowd import Crowd, shipped_crowd
from vision.engine import Encoding

SHIPPED = Path(__file__).parent / "data" / "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one engine. Without one, an engine decides nothing."""

    engine: str
    """SHA-256 of the encoder's weights."""
    weight: float
    """Of the crowd's nearness in the score: distance - weight * nearness."""
    thresholds: dict[int, float]
    """Largest score that counts as a match, by the number of frames averaged."""
    fmr: float
    """The false match rate aimed at in the worst group of the persons it was made with."""

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
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def load_calibration(path: Path) -> Calibration:
    """Raises OSError, ValueError, KeyError, TypeError."""
    values = json.loads(path.read_text(encoding="utf-8"))
    thresholds = {int(frames): float(value) for frames, value in values["thresholds"].items()}
    return Calibration(str(values["engine"]), float(values["weight"]), thresholds, float(values["fmr"]))


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    return load_calibration(SHIPPED)


@dataclass(frozen=True, slots=True)
class Judge:
    """A calibration with the crowd it was made with."""

    calibration: Calibration
    crowd: Crowd

    def matches(self, distance: float, reference: Encoding, frames: int, largest: float) -> bool:
        """`largest`: distance. It counts too: a photo unlike everybody's is far from the crowd, and its score alone
        would let anybody pass."""
        score = self.calibration.score(distance, self.crowd.nearness(reference))
        return distance <= largest and score <= self.calibration.threshold(frames)


@runtime_checkable
class Judging(Protocol):
    """An engine with a calibration of its own."""

    def judge(self) -> Judge: ...


@lru_cache(maxsize=1)
def shipped_judge() -> Judge:
    return Judge(shipped_calibration(), shipped_crowd())


def judge_of(engine: object) -> Judge:
    return engine.judge() if isinstance(engine, Judging) else shipped_judge()
