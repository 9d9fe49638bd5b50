"""Measure and calibrate an engine on a folder of persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.measure import Figure, figures
from vision.calibration.persons import EncodedPerson, Told, counted, encoded_persons
from vision.decision import Calibration, save_calibration
from vision.engines.open import calibration_of, identity, open_uncalibrated, own_calibration


@dataclass(frozen=True, slots=True)
class EngineBench:
    """The engine called `name`, as `vision.engines.open` knows it."""

    cache: Path
    own: Path
    """The terminal's folder for faces."""
    name: str

    @property
    def calibration(self) -> Path:
        """The file that `calibrate` writes."""
        return own_calibration(self.own, self.name)

    def persons(self, folder: Path, told: Told | None = None) -> list[EncodedPerson]:
        """Raises NotBuilt, NotCalibrated if there is no such model, WeightsMissing, OSError."""
        engine = open_uncalibrated(self.cache, self.name, self.own)
        return list(counted(encoded_persons(folder, engine), folder, told))

    def measure(self, persons: Sequence[EncodedPerson]) -> list[Figure]:
        """Measure the engine with its present thresholds. Raises NotCalibrated."""
        return figures(persons, calibration_of(self.name, self.own))

    def calibrate(self, persons: Sequence[EncodedPerson]) -> tuple[Calibration, list[Figure]]:
        """Write thresholds from one half of the persons; the figures are the other half's. Raises TooFewPersons,
        NotCalibrated, OSError."""
        others = [one for one in persons if not is_reported(one)]
        made = calibrate(others, identity(self.name, self.own))
        save_calibration(self.calibration, made)
        return made, figures([one for one in persons if is_reported(one)], made)
