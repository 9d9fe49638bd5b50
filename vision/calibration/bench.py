"""Measuring and calibrating an engine with a folder of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.measure import Figure, figures
from vision.calibration.people import EncodedPerson, OnProgress, counted, encoded_people
from vision.decision import Calibration, save_calibration
from vision.engines.open import calibration_of, identity, open_uncalibrated, own_calibration


@dataclass(frozen=True, slots=True)
class EngineBench:
    """Engine to measure or calibrate. `name`: see `vision.engines.open`."""

    cache: Path
    own: Path
    """The terminal's face folder."""
    name: str

    @property
    def calibration(self) -> Path:
        """Path of the file that `calibrate` writes."""
        return own_calibration(self.own, self.name)

    def people(self, folder: Path, on_progress: OnProgress | None = None) -> list[EncodedPerson]:
        """Encode the people. Raises NotBuilt, NotCalibrated if there is no such model, WeightsMissing and OSError."""
        engine = open_uncalibrated(self.cache, self.name, self.own)
        return list(counted(encoded_people(folder, engine), folder, on_progress))

    def measure(self, people: Sequence[EncodedPerson]) -> list[Figure]:
        """Measure the engine with its current thresholds. Raises NotCalibrated."""
        return figures(people, calibration_of(self.name, self.own))

    def calibrate(self, people: Sequence[EncodedPerson]) -> tuple[Calibration, list[Figure]]:
        """Determine and save thresholds from one half of the people, and measure them with the other half.

        Raises TooFewPeople, NotCalibrated and OSError.
        """
        others = [one for one in people if not is_reported(one)]
        made = calibrate(others, identity(self.name, self.own))
        save_calibration(self.calibration, made)
        return made, figures([one for one in people if is_reported(one)], made)
