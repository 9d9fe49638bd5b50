"""Adding a recognition network to the terminal, after checking its hash and calibrating it."""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.calibration.calibrate import calibrate, is_reported
from vision.calibration.measure import Figure, figures
from vision.calibration.people import OnProgress, counted, encoded_people
from vision.decision import Calibration, NotCalibrated, save_calibration
from vision.engines.added import CALIBRATION, WEIGHTS, calibration_in, can_name, network_in
from vision.engines.engine import Engine
from vision.engines.models.known import model_named
from vision.engines.models.weights import YUNET, delivered, sha256_of
from vision.engines.network import network_of
from vision.engines.yunet import YuNet

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AddedModel:
    folder: Path
    calibration: Calibration
    figures: list[Figure]
    """Figures for the people that were not used for the thresholds."""


def add_model(
    file: Path,
    people: Path,
    store: Path,
    cache: Path,
    *,
    sha256: str | None = None,
    name: str | None = None,
    taken: Sequence[str] = (),
    on_progress: OnProgress | None = None,
) -> AddedModel:
    """Calibrate a network and add it to `store` as `name` (by default the file name). Replaces a model with the same
    name and weights.

    `people`: folder with a subfolder per person; half of them determine the thresholds, and no personal data is
    stored. `sha256`: published hash, if known. `taken`: names that cannot be used. Raises NotBuilt if the file is not
    such a network, NotCalibrated for a wrong hash or a name in use, TooFewPeople, WeightsMissing without the detector,
    and OSError.
    """
    name = name or file.stem
    if not can_name(name) or name in taken:
        raise NotCalibrated(
            f"{name!r} cannot be used as the name of a model: use letters, digits, dots, - and _, and none of "
            f"{', '.join(taken)}. Choose another name."
        )
    network = network_of(file)
    check_hash(file, sha256)
    place = store / name
    if place.exists() and _identity_in(place) != network.identity:
        raise NotCalibrated(f"{place} contains another model. Choose another name, or remove that folder.")
    engine = Engine(YuNet(delivered(YUNET)), network.open(cache))
    encoded = list(counted(encoded_people(people, engine), people, on_progress))
    made = calibrate([one for one in encoded if not is_reported(one)], network.identity)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        folder = Path(work) / "made"
        folder.mkdir()
        shutil.copyfile(file, folder / f"{WEIGHTS}{network.kind.ending}")
        save_calibration(folder / CALIBRATION, made)
        calibration_in(folder)
        if place.exists():
            place.rename(Path(work) / "before")
        folder.rename(place)
    log.info("model %s added, thresholds %s", place.name, made.thresholds)
    return AddedModel(place, made, figures([one for one in encoded if is_reported(one)], made))


def check_hash(file: Path, sha256: str | None) -> None:
    """Compare the hash of a file with `sha256` and with that of a known file with the same name.

    Raises NotCalibrated and OSError.
    """
    found = sha256_of(file)
    if sha256 is not None and found != sha256.lower():
        raise NotCalibrated(f"{file.name} has the hash {found}, not {sha256.lower()} as specified. Get the file again.")
    known = model_named(file.stem)
    if known is not None and known.sha256 is not None and found not in (known.sha256, known.carried_sha256):
        raise NotCalibrated(f"{file.name} has the hash {found}, not {known.sha256} as published. Get the file again.")


def _identity_in(place: Path) -> str | None:
    try:
        return network_in(place).identity
    except (NotCalibrated, OSError):
        return None
