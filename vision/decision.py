"""Decide whether two encodings show the same person, with a calibrated threshold for each number of frames."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.files import write_atomically

if TYPE_CHECKING:
    from vision.face import Encoding


class NotCalibrated(Exception):
    """An engine has no usable calibration. The message contains the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of an engine, which are required for a decision."""

    engine: str
    """Identity of the engine; see `vision.engines.network.Network.identity`."""
    thresholds: dict[int, float]
    """Maximum distance of a match (`vision.face.distance`) by number of averaged frames."""
    fmr: float
    """Target false match rate in the worst group used for the calibration."""
    fmr_upper: float
    """Upper 95% limit of the false match rate in this group with the maximum number of frames."""
    other_person: float
    """Distance between a frame and the mean of previous frames above which the frame shows a different person."""

    def threshold(self, frames: int) -> float:
        """Return the threshold for `frames` or the next smaller calibrated number, or raise ValueError."""
        measured = [number for number in self.thresholds if number <= frames]
        if not measured:
            raise ValueError(f"no threshold for {frames} frames")
        return self.thresholds[max(measured)]

    def matches(self, live: "Encoding", reference: "Encoding", frames: int) -> bool:
        """Return whether the mean encoding `live` of `frames` frames matches the reference."""
        from vision.face import distance

        return distance(live, reference) <= self.threshold(frames)

    def is_same(self, live: "Encoding", previous: "Encoding") -> bool:
        """Return whether a frame shows the same person as previous frames with the mean encoding `previous`."""
        from vision.face import distance

        return distance(live, previous) <= self.other_person


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
    if not all(math.isfinite(number) for number in (*thresholds.values(), fmr, upper, other)):
        raise ValueError("calibration contains a number that is not finite")
    if not thresholds:
        raise ValueError("calibration contains no threshold")
    return Calibration(str(values["engine"]), thresholds, fmr, upper, other)
