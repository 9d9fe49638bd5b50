"""An engine that is there already, measured on a folder of persons and calibrated with it; its crowd stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported, on_own_scale
from vision.calibration.measure import Figure, figures
from vision.calibration.persons import Person, encoded_persons
from vision.crowd import SHIPPED, shipped_crowd
from vision.decision import Judge, save_calibration, shipped_judge
from vision.engines.models.dropin import CALIBRATION, CROWD, Told, counted, crowd_in, network_in
from vision.engines.models.network import Network
from vision.engines.models.weights import ENCODER, sha256_of, weights
from vision.engines.open import own_judge


@dataclass(frozen=True, slots=True)
class Bench:
    """An engine to be measured: that of `model`, or the delivered one, calibrated in a file of the terminal's."""

    cache: Path
    model: Path | None
    delivered_calibration: Path
    largest: float
    """Distance; `vision.threshold` of the settings."""

    @property
    def calibration(self) -> Path:
        """The file that `calibrate` writes."""
        return self.delivered_calibration if self.model is None else self.model / CALIBRATION

    def persons(self, folder: Path, told: Told | None = None) -> list[Person]:
        """Raises NotBuilt, NotCalibrated where there is no such model, WeightsMissing, OSError."""
        engine = self._network().open(self.cache)
        return list(counted(encoded_persons(folder, engine), folder, told))

    def measure(self, persons: Sequence[Person]) -> list[Figure]:
        """As the engine stands. Raises NotCalibrated."""
        judge = own_judge(self.model, self.delivered_calibration) or shipped_judge()
        return figures(persons, judge, self.largest)

    def calibrate(self, persons: Sequence[Person]) -> list[Figure]:
        """Writes thresholds from one half of the persons; the figures are the other half's. Raises TooFewPersons,
        NotCalibrated, OSError."""
        others = [one for one in persons if not is_reported(one)]
        crowd = shipped_crowd() if self.model is None else crowd_in(self.model)
        made = calibrate(others, self._network().hash, crowd.counted)
        if self.model is not None:
            made = on_own_scale(made, others, crowd.counted)
        made = replace(made, crowd=sha256_of(SHIPPED if self.model is None else self.model / CROWD))
        save_calibration(self.calibration, made)
        return figures([one for one in persons if is_reported(one)], Judge(made, crowd), self.largest)

    def _network(self) -> Network:
        return Network(weights(ENCODER)) if self.model is None else network_in(self.model)
