"""Deciding whether two encodings show the same person, with a calibrated threshold for each number of frames."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.files import write_atomically

if TYPE_CHECKING:
    from vision.face import Encoding


class NotCalibrated(Exception):
    """An engine has no usable calibration. The message gives the reason and what to do."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of an engine, which cannot decide without them."""

    engine: str
    """Identity of the engine; see `vision.engines.network.Network.identity`."""
    thresholds: dict[int, float]
    """Maximum distance of a match by number of averaged frames. See `vision.face.distance`."""
    fmr: float
    """Target false match rate in the worst judged group of the people used for the calibration."""
    fmr_upper: float
    """Upper 95 % limit of the false match rate measured in that group with the maximum number of frames."""
    other_person: float
    """Distance of a live frame from the mean of the previous ones above which it shows another person."""

    def threshold(self, frames: int) -> float:
        """Return the threshold for `frames` or the next smaller number measured. Raises ValueError if none."""
        fitting = [number for number in self.thresholds if number <= frames]
        if not fitting:
            raise ValueError(f"no threshold for {frames} frames")
        return self.thresholds[max(fitting)]

    def matches(self, live: "Encoding", reference: "Encoding", frames: int) -> bool:
        """Return whether the mean encoding `live` of `frames` frames matches the reference."""
        from vision.face import distance

        return distance(live, reference) <= self.threshold(frames)

    def is_same(self, live: "Encoding", before: "Encoding") -> bool:
        """Return whether a frame shows the same person as the previous ones, whose mean encoding is `before`."""
        from vision.face import distance

        return distance(live, before) <= self.other_person


def save_calibration(path: Path, calibration: Calibration) -> None:
    values = asdict(calibration)
    values["thresholds"] = {str(frames): round(value, 4) for frames, value in calibration.thresholds.items()}
    values |= {"fmr_upper": round(calibration.fmr_upper, 5), "other_person": round(calibration.other_person, 4)}
    write_atomically(path, (json.dumps(values, indent=2) + "\n").encode())


def load_calibration(path: Path) -> Calibration:
    """Load a calibration. Raises OSError, ValueError, KeyError, TypeError and AttributeError."""
    values = json.loads(path.read_text(encoding="utf-8"))
    thresholds = {int(frames): float(value) for frames, value in values["thresholds"].items()}
    fmr, upper, other = (float(values[name]) for name in ("fmr", "fmr_upper", "other_person"))
    # an infinite threshold would accept everyone
    if not all(math.isfinite(one) for one in (*thresholds.values(), fmr, upper, other)):
        raise ValueError("it contains a number that is not finite")
    if not thresholds:
        raise ValueError("it contains no threshold")
    return Calibration(str(values["engine"]), thresholds, fmr, upper, other)
