"""Measure and calibrate an engine with a folder of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_held_out
from vision.calibration.measure import Figure, figures
from vision.calibration.people import EncodedPerson, OnProgress, counted, encoded_people
from vision.decision import Calibration, save_calibration
from vision.engines.open import calibration_for, identity, open_uncalibrated, user_calibration


@dataclass(frozen=True, slots=True)
class EngineBench:
    """Engine to measure or calibrate."""

    cache: Path
    face_folder: Path
    """The terminal's face folder."""
    name: str
    """See `vision.engines.open`."""

    @property
    def calibration(self) -> Path:
        """Path of the calibration written by `calibrate`."""
        return user_calibration(self.face_folder, self.name)

    def people(self, folder: Path, on_progress: OnProgress | None = None) -> list[EncodedPerson]:
        """Encode the people. Raises NotBuilt, NotCalibrated for an unknown engine, WeightsMissing and OSError."""
        engine = open_uncalibrated(self.cache, self.name, self.face_folder)
        return list(counted(encoded_people(folder, engine), folder, on_progress))

    def measure(self, people: Sequence[EncodedPerson]) -> list[Figure]:
        """Measure the engine with its current thresholds. Raises NotCalibrated."""
        return figures(people, calibration_for(self.name, self.face_folder))

    def calibrate(self, people: Sequence[EncodedPerson]) -> tuple[Calibration, list[Figure]]:
        """Calculate and save thresholds from half of the people, and evaluate them on the other half.

        Raises TooFewPeople, NotCalibrated and OSError.
        """
        training = [person for person in people if not is_held_out(person)]
        calibration = calibrate(training, identity(self.name, self.face_folder))
        save_calibration(self.calibration, calibration)
        return calibration, figures([person for person in people if is_held_out(person)], calibration)
