"""Decide whether two encodings show the same person, by a calibrated distance for each number of frames."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.files import write_whole

if TYPE_CHECKING:
    from vision.face import Encoding


class NotCalibrated(Exception):
    """An engine has no calibration of its own. The message says what, why and what to do."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds of one engine. Without one, an engine decides nothing."""

    engine: str
    """What it belongs to; see `vision.engines.network.Network.identity`."""
    thresholds: dict[int, float]
    """Largest distance that counts as a match, by the number of frames averaged. See `vision.face.distance`."""
    fmr: float
    """Target false match rate in the worst judged group of the persons it was made with."""
    fmr_upper: float
    """Upper 95 % limit of the false match rate found in that group with the most frames."""
    other_person: float
    """A live frame further than this from the mean of those before it shows another person."""

    def threshold(self, frames: int) -> float:
        """Return the threshold of the nearest smaller number of frames measured. Raises ValueError if there is none."""
        fitting = [number for number in self.thresholds if number <= frames]
        if not fitting:
            raise ValueError(f"no threshold for {frames} frames")
        return self.thresholds[max(fitting)]

    def matches(self, live: "Encoding", reference: "Encoding", frames: int) -> bool:
        """`live`: the mean of the encodings of `frames` frames."""
        from vision.face import distance

        return distance(live, reference) <= self.threshold(frames)

    def is_same(self, live: "Encoding", before: "Encoding") -> bool:
        """Return whether a frame shows the person of those before it, whose mean is `before`."""
        from vision.face import distance

        return distance(live, before) <= self.other_person


def save_calibration(path: Path, calibration: Calibration) -> None:
    values = asdict(calibration)
    values["thresholds"] = {str(frames): round(value, 4) for frames, value in calibration.thresholds.items()}
    values |= {"fmr_upper": round(calibration.fmr_upper, 5), "other_person": round(calibration.other_person, 4)}
    write_whole(path, (json.dumps(values, indent=2) + "\n").encode())


def load_calibration(path: Path) -> Calibration:
    """Raises OSError, ValueError, KeyError, TypeError, AttributeError."""
    values = json.loads(path.read_text(encoding="utf-8"))
    thresholds = {int(frames): float(value) for frames, value in values["thresholds"].items()}
    fmr, upper, other = (float(values[name]) for name in ("fmr", "fmr_upper", "other_person"))
    # an infinite threshold would accept everyone
    if not all(math.isfinite(one) for one in (*thresholds.values(), fmr, upper, other)):
        raise ValueError("a number in it is not finite")
    if not thresholds:
        raise ValueError("it holds no threshold")
    return Calibration(str(values["engine"]), thresholds, fmr, upper, other)
